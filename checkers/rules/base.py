"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from checkers.attempt import Attempt
from course.trace import Build


@dataclass(frozen=True)
class Outcome:
    """What a rule saw. `line` is of the Dockerfile, or of the `file` that is named; `misconception` a code of
    the course's list; `expected` what was wanted, where the rule's title doesn't say it."""

    right: bool
    message: str
    hint: str = ""
    misconception: str | None = None
    line: int | None = None
    evidence: str = ""
    builds: tuple[Build, ...] = ()  # the learner's build, or the one before and the one after an edit
    untold: bool = False  # this machine can't tell; what it can tell, other rules have
    expected: str = ""
    file: str = ""


@dataclass(frozen=True)
class Rule:
    """One check. It may build, run and probe; it raises BuildError or WrongAnswer where the learner's files
    are to blame, and anything else where the grader or the engine is."""

    id: str
    title: str
    check: Callable[[Attempt], Outcome] = field(compare=False)
    needs: tuple[str, ...] = ()  # ids of rules that must have passed; else this one is skipped
    # Whether it runs beside the rules after it: it looks at nothing that one of them could change, such as a
    # container that another stops. Worth it for a rule that mostly waits.
    apart: bool = False


def passed(message: str, evidence: str = "") -> Outcome:
    """The answer is right in this respect."""
    return Outcome(True, message, evidence=evidence)


def untold(message: str, hint: str) -> Outcome:
    """This machine can't tell, and the rest of the answer is judged without it. Where nothing can be told,
    raise an EngineError instead."""
    return Outcome(True, message, hint, untold=True)


def wrong(
    message: str,
    hint: str,
    *,
    misconception: str | None = None,
    line: int | None = None,
    evidence: str = "",
    builds: tuple[Build, ...] = (),
    expected: str = "",
    file: str = "",
) -> Outcome:
    """The answer is wrong in this respect. Every wrong has a hint: what to look at next."""
    return Outcome(False, message, hint, misconception, line, evidence, builds, expected=expected, file=file)

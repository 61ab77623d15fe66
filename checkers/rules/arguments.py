"""A command-line image hands every word on to its program as it is, and passes the program's exit code back.

The image is run once for each case, all of them side by side, with words that a shell would split, expand or
drop. What the program prints shows which words reached it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from checkers.attempt import Attempt
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import NotStarted, Running

_AT_ONCE = 6


@dataclass(frozen=True)
class Case:
    """The words after IMAGE, and what must come of them: the lines printed, and the exit code."""

    words: tuple[str, ...]
    prints: tuple[str, ...]
    code: int = 0

    def __str__(self) -> str:
        return " ".join(("docker run IMAGE", *map(quoted, self.words)))


@dataclass(frozen=True)
class Ran:
    """How a run went: its standard output by line, and what it said in all."""

    lines: tuple[str, ...] = ()
    code: int | None = None
    ending: str = ""
    log: str = ""
    not_started: NotStarted | None = None


@dataclass(frozen=True)
class Group:
    """The cases of one rule. `cases` gets a word that nobody can know in advance."""

    id: str
    title: str
    cases: Callable[[str], Sequence[Case]]


def rules(groups: Sequence[Group], *, nothing: str) -> tuple[Rule, ...]:
    """A rule for each group. `nothing` is what the program says where no word reached it."""

    def all_runs(attempt: Attempt) -> Mapping[str, list[tuple[Case, Ran]]]:
        nonce = uuid.uuid4().hex[:6]
        cases = [(group.id, case) for group in groups for case in group.cases(nonce)]
        with (
            attempt.steps.step(f"Run the image {len(cases)} times"),
            ThreadPoolExecutor(_AT_ONCE, "run") as pool,
        ):
            tag = attempt.build().tag
            runs = list(pool.map(lambda one: _run(attempt, tag, one[1]), cases))
        found: dict[str, list[tuple[Case, Ran]]] = {group.id: [] for group in groups}
        for (name, case), ran in zip(cases, runs, strict=True):
            found[name].append((case, ran))
        return found

    def rule(group: Group) -> Rule:
        def check(attempt: Attempt) -> Outcome:
            runs = attempt.once("arguments", lambda: all_runs(attempt))
            default = next((ran.lines for case, ran in _flat(runs) if not case.words), ())
            for case, ran in runs[group.id]:
                if problem := judge(case, ran, default=default, nothing=nothing):
                    return problem
            return passed("; ".join(f"`{case}`" for case, _ in runs[group.id]) + ": as it should be.")

        return Rule(group.id, group.title, check, needs=("builds",))

    return tuple(map(rule, groups))


def judge(case: Case, ran: Ran, *, default: Sequence[str], nothing: str) -> Outcome | None:
    """What is wrong with a run, None if nothing is. `default` is what the image prints without words."""
    if ran.not_started:
        return _not_started(case, ran.not_started)
    if ran.code is None:
        return wrong(
            f"`{case}` was still running when its time was up.",
            "The container should print its labels and end.",
            evidence=ran.log,
        )
    if ran.lines != case.prints:
        return _other_words(case, ran, default, nothing)
    if ran.code != case.code:
        return wrong(
            f"`{case}` {ran.ending}; the program itself ends with {case.code}.",
            "A container's exit code is that of its first process. Is that the program, or something around "
            "it that says how it went itself? `exec` lets a script become the program.",
            evidence=ran.log,
        )
    return None


def _other_words(case: Case, ran: Ran, default: Sequence[str], nothing: str) -> Outcome:
    message, hint, code = _why(case, ran, tuple(default), nothing)
    return wrong(f"`{case}` {message}", hint, misconception=code, evidence=_compared(ran, case.prints))


def _why(case: Case, ran: Ran, default: tuple[str, ...], nothing: str) -> tuple[str, str, str | None]:
    lines, wanted = ran.lines, case.prints
    if nothing in ran.log:
        return (
            "handed no word on to the program.",
            "CMD's words go to ENTRYPOINT where none are given, but only to its exec form, [ … ]. Shell form "
            "is `/bin/sh -c …`, which ignores CMD and all that stands after IMAGE.",
            "M10",
        )
    if not lines and case.words and case.words[0] and case.words[0] in ran.log:
        return (
            f"took {quoted(case.words[0])} for the name of a program or a file.",
            "Words after IMAGE replace CMD. What must stay, the program with the name of its script, belongs "
            "to ENTRYPOINT, and no script should look for a program among the words.",
            "M10",
        )
    if not lines:
        return (
            f"printed nothing, and {ran.ending}.",
            "Its last words are the evidence. Is the program in the image, and found from WORKDIR?",
            None,
        )
    if case.words and lines == default:
        return (
            "printed the labels of `docker run IMAGE`: the words were dropped.",
            "A shell form, `/bin/sh -c …`, ignores what stands after IMAGE. Exec form, [ … ], takes it.",
            "M10",
        )
    if case.words and default and lines == (*default, *wanted):
        return (
            "printed the default labels, too.",
            "Words are added to ENTRYPOINT, and replace CMD. In which of them does a default belong?",
            "M10",
        )
    if len(wanted) > 1 and lines == wanted[1:]:
        return (
            "lost the first word.",
            'The first word after `sh -c SCRIPT` is the script\'s own name, $0; "$@" begins with $1.',
            "M10",
        )
    if case.words or (len(lines) > len(wanted) and not set(wanted) <= set(lines)):
        return (
            "did not hand the words on as they are.",
            "Does a shell read them a second time? $* and $1 without quotes are split and expanded; "
            '"$@" is not. Exec form needs no shell at all.',
            "M10",
        )
    return (
        "printed something else.",
        "Compare with the lines that the task shows, to the letter. In exec form each word has quotes of "
        "its own.",
        None,
    )


def _not_started(case: Case, error: NotStarted) -> Outcome:
    program = str(error).split(":")[0]
    if case.words and program == case.words[0]:
        return wrong(
            f"`{case}`: the words replaced the command; the engine looked for a program named {program!r}.",
            "What stands after IMAGE replaces CMD. Which instruction keeps the program?",
            misconception="M10",
            evidence=error.detail,
        )
    return wrong(f"`{case}`: {error}", error.hint, evidence=error.detail)


def _compared(ran: Ran, wanted: Iterable[str]) -> str:
    said = "".join(f"\n  {line}" for line in ran.lines) or " nothing"
    expected = "".join(f"\n  {line}" for line in wanted) or " nothing"
    rest = f"\nin all it said:\n{ran.log}" if ran.log.strip() != "\n".join(ran.lines).strip() else ""
    return f"expected:{expected}\nprinted:{said}{rest}"


def _run(attempt: Attempt, tag: str, case: Case) -> Ran:
    try:
        running: Running = attempt.start(attempt.create(tag, list(case.words) or None))
    except NotStarted as error:
        return Ran(not_started=error)
    code = running.wait_exit(attempt.limits.run)
    said = running.container.logs(stderr=False).decode("utf-8", "replace")
    return Ran(tuple(said.splitlines()), code, running.ending(), running.logs())


def _flat(runs: Mapping[str, list[tuple[Case, Ran]]]) -> Iterable[tuple[Case, Ran]]:
    return (one for group in runs.values() for one in group)


def quoted(word: str) -> str:
    """The word as one would type it for a shell, in the quotes that keep it whole."""
    plain = word and all(char.isalnum() or char in "-_./:=" for char in word)
    if plain:
        return word
    return f'"{word}"' if "'" in word else f"'{word}'"

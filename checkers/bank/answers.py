"""Right and wrong answers, a folder each in tests/bank/EXERCISE/right|wrong/NAME, found by glob.

A folder holds what the learner changed, over the starter (or over nothing, with `starter = false`), and an
expect.toml:

    why = "what is special about it"
    status = "pass"                    # or "fail", and then:
    check = "memory"                   # the first check that fails
    misconception = "M09"              # that it names; without this line it names none
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from checkers.bank.submission import EXPECT, Submission, bank_folder, known
from checkers.result import Report, Status
from course.errors import ManifestError
from course.exercises import Exercise, find

SIDES = {"right": Status.PASS, "wrong": Status.FAIL}
_KEYS = {"why", "status", "check", "misconception", "starter"}


@dataclass(frozen=True)
class Expectation:
    """What must be said of an answer."""

    status: Status
    why: str
    check: str | None = None
    misconception: str | None = None


@dataclass(frozen=True)
class Answer:
    """One folder of the bank."""

    submission: Submission
    side: str  # right or wrong
    expect: Expectation


def answers(exercises: tuple[str, ...] = (), folder: Path | None = None) -> tuple[Answer, ...]:
    """The answers to these exercises (to all, if none are named), in the order of their names.

    Raises UnknownExercise, and ManifestError for an expect.toml that says nothing clear.
    """
    folder = folder or bank_folder()
    found = []
    for exercise in map(find, known(exercises)):
        places = sorted(path.parent for path in (folder / exercise.id).glob(f"*/*/{EXPECT}"))
        found += [_answer(exercise, place) for place in places]
    return tuple(found)


def disagreements(answer: Answer, report: Report) -> tuple[str, ...]:
    """What the report should have said and didn't, in words; nothing where they agree, and nothing where this
    engine can check no answer to the exercise."""
    if report.not_here:
        return ()
    expect, exercise = answer.expect, find(answer.submission.exercise)
    said: list[str] = []
    if report.status is not expect.status:
        said.append(f"It ends in {report.status}, not in {expect.status}: {expect.why}.")
    elif report.status is Status.FAIL:
        first = next(one for one in report.checks if one.status is Status.FAIL)
        if first.id != expect.check:
            said.append(f"It fails at “{first.id}” first, not at “{expect.check}”.")
        if first.misconception != expect.misconception:
            named = first.misconception or "no misconception"
            said.append(f"It names {named}, not {expect.misconception or 'none'}.")
        said += [
            f"Its failing check has no {part}." for part in ("message", "hint") if not getattr(first, part)
        ]
    named_by_any = {one.misconception for one in report.checks} - {None}
    for code in sorted(map(str, named_by_any - set(exercise.misconceptions))):
        said.append(f"It names {code}, which the exercise's entry in exercises.toml doesn't list.")
    return tuple(said)


def _answer(exercise: Exercise, folder: Path) -> Answer:
    side, name = folder.parts[-2:]
    expect, starter = _expectation(folder, side)
    base = exercise.starter if starter else None
    return Answer(Submission(exercise.id, f"{side}/{name}", base, folder), side, expect)


def _expectation(folder: Path, side: str) -> tuple[Expectation, bool]:
    """What expect.toml says, and whether the answer is laid over the starter."""
    where = "/".join(folder.parts[-3:])
    try:
        said = tomllib.loads((folder / EXPECT).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{where}/{EXPECT} cannot be read: {error}.") from error
    problems = [f"{key!r} means nothing" for key in sorted(set(said) - _KEYS)]
    if side not in SIDES:
        problems.append(f"{side} is neither right nor wrong")
    elif said.get("status") != SIDES[side]:
        problems.append(f"a {side} answer has the status {SIDES[side]}")
    if not said.get("why"):
        problems.append("it doesn't say why it is here")
    if side == "wrong" and not said.get("check"):
        problems.append("it doesn't name the check that fails")
    if side == "right" and {"check", "misconception"} & set(said):
        problems.append("a right answer fails at no check")
    if problems:
        raise ManifestError(f"{where}/{EXPECT}: {'; '.join(problems)}.")
    expect = Expectation(Status(said["status"]), said["why"], said.get("check"), said.get("misconception"))
    return expect, bool(said.get("starter", True))

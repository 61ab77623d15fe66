"""The next hint, picked by what the last attempt is missing.

An exercise has a general ladder of hints, and ladders for single checks. The first check that failed in the
last report decides: the ladder for it with that misconception, else the ladder for it, else the general one.
Each time one step more is given, and only when somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from course.exercises import Exercise
from course.progress import Progress

GENERAL = ""
"""The name of the ladder that belongs to no check."""


@dataclass(frozen=True)
class Ladder:
    """The hints on one thing, from a nudge to nearly the answer."""

    name: str  # the manifest's key, "healthy" or "answers/M02"; "" for the general one
    hints: tuple[str, ...]
    about: str = ""  # the title of the check that failed; "" for the general one


@dataclass(frozen=True)
class Hint:
    """One step of a ladder. Number 0 of 0: the attempt passes, and the text says so."""

    text: str
    number: int  # from 1
    of: int
    about: str = ""
    ladder: str = GENERAL
    earlier: tuple[str, ...] = ()  # the steps of the same ladder before it


def ladder_for(exercise: Exercise, report: Mapping[str, Any] | None) -> Ladder | None:
    """The ladder for what `report` (`Report.to_json()`, None if there was no attempt) shows to be missing.
    None if nothing is: it passes."""
    report = report or {}
    if report.get("status") == "pass":
        return None
    for check in report.get("checks", []):
        if check.get("status") == "fail":
            keys = (f"{check['id']}/{check.get('misconception')}", check["id"])
            for key in keys:
                if key in exercise.hints_for:
                    return Ladder(key, exercise.hints_for[key], check.get("title", ""))
            break  # what comes after it is not what to mend first
    return Ladder(GENERAL, exercise.hints)


def next_hint(
    exercise: Exercise, report: Mapping[str, Any] | None, progress: Progress, *, last: bool = False
) -> Hint:
    """One step more of the ladder that fits, and the record of it; after its last step, that one again.

    With `last` the whole ladder is taken at once. Raises InputError if the record cannot be used.
    """
    ladder = ladder_for(exercise, report)
    if ladder is None:
        return Hint("Your last attempt passes: there is nothing left to hint at.", 0, 0)
    hints = ladder.hints
    number = progress.take_hint(exercise.id, len(hints), ladder.name)
    while last and number < len(hints):
        number = progress.take_hint(exercise.id, len(hints), ladder.name)
    return Hint(hints[number - 1], number, len(hints), ladder.about, ladder.name, earlier=hints[: number - 1])

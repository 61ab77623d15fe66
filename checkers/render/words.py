"""What every form of a report says in the same words."""

from __future__ import annotations

from typing import Protocol

from checkers.result import CheckResult, Report, Status
from course.misconceptions import Misconception

# A sign beside each colour: nothing is told by colour alone.
SIGN = {Status.PASS: "✓", Status.FAIL: "✗", Status.ERROR: "!", Status.SKIP: "·"}
WORD = {
    Status.PASS: "passed",
    Status.FAIL: "not yet",
    Status.ERROR: "could not be checked",
    Status.SKIP: "skipped",
}


def count(report: Report) -> str:
    """How many checks passed, of how many, and the score: "3 of 5 checks, 60 %"."""
    passed = sum(check.status is Status.PASS for check in report.checks)
    said = f"{passed} of {len(report.checks)} checks"
    if report.status is Status.PASS and passed < len(report.checks):
        said += ", the rest can't be told here"
    return f"{said}, {percent(report)} %"


def percent(report: Report) -> int:
    """The score from 0 to 100; 100 only for a pass."""
    return 100 if report.status is Status.PASS else min(99, round(100 * report.score))


class Pointing(Protocol):
    """What points at a line of a file: a check's result, a piece of advice."""

    @property
    def line(self) -> int | None: ...
    @property
    def file(self) -> str: ...


def place(check: Pointing) -> str:
    """Where to look: "Dockerfile, line 4", or "" if no line is to blame."""
    if not check.line:
        return ""
    return f"{check.file}, line {check.line}" if check.file else f"line {check.line}"


def lesson(known: Misconception) -> str:
    """Where a live cell shows it, as a path to open and a heading to look for; "" if no lesson does yet."""
    return section(known.taught)


def section(taught: str) -> str:
    """The same for a link such as 04_layers.ipynb#Shared,-and-kept-once."""
    notebook, _, anchor = taught.partition("#")
    return f"notebooks/{notebook}, section “{anchor.replace('-', ' ')}”" if taught else ""


def rest(report: Report) -> tuple[CheckResult, ...]:
    """The checks that stand in the list with their message: not passed, and not told of in full."""
    first = report.first
    return tuple(one for one in report.checks if one.status is not Status.PASS and one is not first)

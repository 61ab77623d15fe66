"""What a run of the bank found, counted: a confusion table, and which checks caught how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from checkers.plans import plan_for
from checkers.result import Report, Status

NOT_HERE = "not here"
COLUMNS = (Status.PASS, Status.FAIL, Status.ERROR)


@dataclass(frozen=True)
class Outcome:
    """One submission's verdict beside what was expected of it."""

    exercise: str
    name: str
    expected: str  # right or wrong
    report: Report
    problems: tuple[str, ...]  # in words; none where the verdict is what it should be

    @property
    def ended(self) -> str:
        """pass, fail, error; or that this engine can't check the exercise."""
        return NOT_HERE if self.report.not_here else str(self.report.status)

    @property
    def caught_by(self) -> str:
        """The id of the first check that failed; "" if none did."""
        return next((one.id for one in self.report.checks if one.status is Status.FAIL), "")

    @property
    def verdict(self) -> str:
        """The verdict in a few words, in which two runs must agree: the ending, each check's, each belief."""
        checks = ", ".join(
            f"{one.id} {one.status}{f' {one.misconception}' if one.misconception else ''}"
            for one in self.report.checks
        )
        return f"{self.ended} ({checks})"

    def to_json(self) -> dict[str, Any]:
        """All of it, with the report where there is a problem."""
        found: dict[str, Any] = {
            "exercise": self.exercise,
            "name": self.name,
            "expected": self.expected,
            "ended": self.ended,
            "check": self.caught_by or None,
            "seconds": round(self.report.seconds, 2),
            "problems": list(self.problems),
        }
        return found | ({"report": self.report.to_json()} if self.problems else {})


def confusion(outcomes: Iterable[Outcome]) -> dict[str, dict[str, Counter[str]]]:
    """exercise → right/wrong → how many ended how."""
    table: dict[str, dict[str, Counter[str]]] = {}
    for one in outcomes:
        rows = table.setdefault(one.exercise, {"right": Counter(), "wrong": Counter()})
        rows[one.expected][one.ended] += 1
    return table


def total(table: Mapping[str, Mapping[str, Counter[str]]]) -> dict[str, Counter[str]]:
    """The rows of all exercises, added."""
    return {side: sum((rows[side] for rows in table.values()), Counter[str]()) for side in ("right", "wrong")}


def caught(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """exercise → each check of its plan → how many it was the first to fail; 0 for one that caught none."""
    table: dict[str, dict[str, int]] = {}
    for one in outcomes:
        row = table.setdefault(one.exercise, {rule.id: 0 for rule in plan_for(one.exercise).rules})
        if one.caught_by:
            row[one.caught_by] = row.get(one.caught_by, 0) + 1
    return table


def changed(runs: Iterable[Iterable[Outcome]]) -> dict[tuple[str, str], list[str]]:
    """Which submissions got more than one verdict in these runs: (exercise, name) → the different ones."""
    seen: dict[tuple[str, str], list[str]] = {}
    for run in runs:
        for one in run:
            verdicts = seen.setdefault((one.exercise, one.name), [])
            if one.verdict not in verdicts:
                verdicts.append(one.verdict)
    return {key: verdicts for key, verdicts in seen.items() if len(verdicts) > 1}

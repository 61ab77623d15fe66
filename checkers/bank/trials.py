"""What a run tries: submissions, with what each must come to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from checkers.bank.answers import answers, disagreements
from checkers.bank.mutants import misjudged, mutants
from checkers.bank.submission import Submission
from checkers.bank.tally import Outcome
from checkers.result import Report


@dataclass(frozen=True)
class Trial:
    """A submission, whether it is right or wrong, and what is amiss with a report on it."""

    submission: Submission
    expected: str
    problems: Callable[[Report], tuple[str, ...]]

    def outcome(self, report: Report) -> Outcome:
        """The report beside what was expected."""
        one = self.submission
        return Outcome(one.exercise, one.name, self.expected, report, self.problems(report))


def of_the_bank(exercises: tuple[str, ...] = ()) -> list[Trial]:
    """The answers in tests/bank. Raises UnknownExercise, ManifestError."""
    return [
        Trial(one.submission, one.side, functools.partial(disagreements, one)) for one in answers(exercises)
    ]


def of_mutations(exercises: tuple[str, ...] = (), share: int = 1) -> list[Trial]:
    """The mutations of the solutions, or a fixed one in `share` of them. Raises as `of_the_bank` does."""
    return [
        Trial(one.submission, "right" if one.why_right else "wrong", functools.partial(misjudged, one))
        for one in mutants(exercises)
        if one.in_share(share)
    ]

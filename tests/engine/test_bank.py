"""Right and wrong answers, a folder each in tests/bank/EXERCISE/right|wrong/NAME, found by glob, judged as
`make bank` judges them; a run tries a sixth of them (tests/bank_part.py).

And a fixed part of the mutations of the exercises whose survivors are explained in
tests/bank/EXERCISE/mutations.toml, a run a sixth of it; `make bank ARGS=--mutations` tries them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import docker
import pytest

from checkers import render
from checkers.bank import submission, trials
from checkers.bank.mutants import LIST
from checkers.bank.submission import bank_folder
from checkers.bank.trials import Trial
from course.exercises import load
from tests import bank_part

pytestmark = pytest.mark.engine
SHARE = 15  # one in so many mutations, by a hash of its name


def judge(client: docker.DockerClient, trial: Trial) -> None:
    report = submission.attempt(trial.submission, client)
    if report.not_here:
        pytest.skip(next(one.message for one in report.checks if one.not_here))
    problems = trial.problems(report)
    assert not problems, "\n".join((*problems, render.text(report)))


def answers_of(found: Sequence[Trial]) -> type:
    """A class of tests for each exercise: workers take classes, so that several share the bank."""

    class Answers:
        @pytest.mark.parametrize("trial", found, ids=lambda trial: trial.submission.name)
        def test_verdict(self, client: docker.DockerClient, trial: Trial) -> None:
            judge(client, trial)

    return Answers


def classes(prefix: str, of: Callable[[tuple[str, ...]], Sequence[Trial]]) -> dict[str, type]:
    found = {f"{prefix}_{one.id.replace('-', '_')}": of((one.id,)) for one in load()}
    return {name: answers_of(some) for name, some in found.items() if some}


def some_mutations(exercises: tuple[str, ...]) -> Sequence[Trial]:
    explained = all((bank_folder() / one / LIST).exists() for one in exercises)
    return bank_part.of_this_run(trials.of_mutations(exercises, SHARE), SHARE) if explained else ()


globals().update(classes("Test", lambda some: bank_part.of_this_run(trials.of_the_bank(some))))
globals().update(classes("TestMutations", some_mutations))


@pytest.mark.parametrize("exercise", [one.id for one in load()])
@pytest.mark.parametrize("side", ["right", "wrong"])
def test_each_exercise_has_six_of_each(exercise: str, side: str) -> None:
    assert sum(trial.expected == side for trial in trials.of_the_bank((exercise,))) >= 6

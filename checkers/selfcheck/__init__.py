"""Proves the exercises themselves: every starter fails, every solution passes, nothing is unlisted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import docker

from checkers.plans import plan_for
from checkers.result import Report, Status
from checkers.runner import run
from checkers.selfcheck import written
from course.errors import ManifestError
from course.exercises import Exercise, load
from course.steps import SILENT, Steps


@dataclass(frozen=True)
class Finding:
    """Something wrong with the course itself."""

    exercise: str
    problem: str
    report: Report | None = None


def selfcheck(
    client: docker.DockerClient, only: str | None = None, *, steps: Steps = SILENT
) -> Iterator[Finding]:
    """Yields what is wrong, exercise by exercise; nothing, if all is well.

    Raises ManifestError if the manifest and the folders disagree: then nothing can be checked.
    """
    for exercise in load():
        if only in {None, exercise.id}:
            yield from of_files(exercise)
            yield from of_verdicts(client, exercise, steps)


def of_files(exercise: Exercise) -> Iterator[Finding]:
    """What can be seen without an engine."""
    yield from (Finding(exercise.id, problem) for problem in written.problems(exercise))


def of_verdicts(client: docker.DockerClient, exercise: Exercise, steps: Steps = SILENT) -> Iterator[Finding]:
    """The starter must fail, for what it is and not for lack of files; the solution must pass. On an engine
    that can't do what the exercise is about, nothing is said."""
    try:
        plan = plan_for(exercise.id)
    except ManifestError:
        return  # of_files said so
    for folder, wanted in ((exercise.starter, Status.FAIL), (exercise.solution, Status.PASS)):
        report = run(exercise, plan, folder, client, steps)
        if report.not_here:
            return
        if report.status is not wanted:
            said = f"its {folder.name} ends in {report.status}, not {wanted}"
            yield Finding(exercise.id, said, report)
        named = {check.misconception for check in report.checks} - {None}
        if unlisted := named - set(exercise.misconceptions):
            yield Finding(exercise.id, f"misconceptions {sorted(map(str, unlisted))} are not in its entry")

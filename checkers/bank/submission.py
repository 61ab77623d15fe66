"""A folder that a checker is tried on: an answer of the bank, or a mutation of a solution."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import docker

from checkers.result import CheckResult, Report, Status
from checkers.runner import check
from course.errors import CourseError, ManifestError
from course.exercises import find
from course.paths import repository

EXPECT = "expect.toml"


@dataclass(frozen=True)
class Submission:
    """`base`, and over it the files of `overlay`, and over both `files` (path → text)."""

    exercise: str
    name: str  # "right/in-node"; of a mutation, what was done
    base: Path | None = None
    overlay: Path | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """A large number from its names, the same everywhere: who tries only some takes every so manieth."""
        return int(hashlib.sha256(f"{self.exercise} {self.name}".encode()).hexdigest(), 16)

    def assemble(self, target: Path) -> None:
        """Makes the new folder `target` of it, as a learner would have it."""
        target.mkdir(parents=True)
        for source in (self.base, self.overlay):
            if source:
                shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(EXPECT))
        for name, text in self.files.items():
            (target / name).write_text(text, encoding="utf-8")


def attempt(submission: Submission, client: docker.DockerClient) -> Report:
    """The report on it. An error of the course becomes a report that ends in error. The builds, which only a
    figure needs, are left out."""
    with tempfile.TemporaryDirectory(prefix="course-bank-") as place:
        folder = Path(place) / submission.exercise
        submission.assemble(folder)
        try:
            report = check(submission.exercise, folder, client=client)
        except CourseError as error:
            return broken(submission, f"{error} {error.hint}".strip())
    return dataclasses.replace(
        report, checks=tuple(dataclasses.replace(one, builds=()) for one in report.checks)
    )


def broken(submission: Submission, why: str) -> Report:
    """The report on what could not even be tried."""
    said = CheckResult("bank", "The submission can be checked", Status.ERROR, why)
    return Report(submission.exercise, (said,))


def bank_folder() -> Path:
    """tests/bank of the checkout. Raises ManifestError where there is none: it isn't part of a package."""
    folder = repository() / "tests" / "bank"
    if not folder.is_dir():
        raise ManifestError(f"There is no folder {folder}.", hint="The bank is in the checkout only.")
    return folder


def known(exercises: tuple[str, ...]) -> tuple[str, ...]:
    """These exercises, or all that have a bank. Raises UnknownExercise."""
    for name in exercises:
        find(name)
    return exercises or tuple(sorted(path.name for path in bank_folder().iterdir() if path.is_dir()))

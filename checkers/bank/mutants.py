"""The mutations of all solutions, and the list of those that are right.

tests/bank/EXERCISE/mutations.toml says which mutations pass because they *are* right, one reason for several:

    [[right]]
    why = "EXPOSE opens nothing and closes nothing."
    mutations = ["Dockerfile: drop EXPOSE 8000"]
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from checkers.bank.mutations import mutations
from checkers.bank.submission import Submission, bank_folder, known
from checkers.result import Report, Status
from course.errors import ManifestError
from course.exercises import find

LIST = "mutations.toml"


@dataclass(frozen=True)
class Survivors:
    """The mutations of an exercise's solution that are right: name → why."""

    why: Mapping[str, str]


@dataclass(frozen=True)
class Mutant:
    """One mutation of a solution."""

    submission: Submission
    why_right: str = ""  # the reason in mutations.toml; "" where it should fail

    def in_share(self, share: int) -> bool:
        """Whether it is in the fixed part of 1 in `share`: by a hash of its name, the same everywhere."""
        return self.submission.number % share == 0


def mutants(exercises: tuple[str, ...] = ()) -> tuple[Mutant, ...]:
    """All mutations of these exercises' solutions (of all, if none are named).

    Raises UnknownExercise, and ManifestError for a list that can't be read or names what isn't there.
    """
    found: list[Mutant] = []
    for name in known(exercises):
        exercise, listed = find(name), survivors(name)
        there = mutations(exercise.solution, exercise.starter)
        if gone := [one for one in listed.why if one not in there]:
            raise ManifestError(
                f"{name}/{LIST} lists what is no mutation of the solution: {'; '.join(gone)}.",
                hint=f"make bank ARGS='--mutations --list --exercise {name}' shows them all.",
            )
        for what, (path, text) in there.items():
            submission = Submission(name, what, exercise.solution, files={path: text})
            found.append(Mutant(submission, listed.why.get(what, "")))
    return tuple(found)


def survivors(exercise: str, folder: Path | None = None) -> Survivors:
    """What mutations.toml of an exercise lists; nothing where there is none. Raises ManifestError."""
    path = (folder or bank_folder()) / exercise / LIST
    if not path.is_file():
        return Survivors({})
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = [(name, str(entry["why"])) for entry in said["right"] for name in entry["mutations"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ManifestError(
            f"{exercise}/{LIST} cannot be read: {error}.", hint="[[right]] with why = … and mutations = […]"
        ) from error
    if empty := [name for name, why in entries if not why.strip()]:
        raise ManifestError(f"{exercise}/{LIST} doesn't say why these are right: {'; '.join(empty)}.")
    if len(dict(entries)) < len(entries):
        raise ManifestError(f"{exercise}/{LIST} lists a mutation twice.")
    return Survivors(dict(entries))


def misjudged(mutant: Mutant, report: Report) -> tuple[str, ...]:
    """What is wrong with the verdict on a mutation, in words; nothing where it is what was listed."""
    if report.not_here:
        return ()
    if report.status is Status.ERROR:
        return ("It ends in error: nobody could tell whether it is right.",)
    if report.status is Status.PASS and not mutant.why_right:
        return (f"It passes, and {LIST} doesn't say why it is right.",)
    if report.status is Status.FAIL and mutant.why_right:
        return (f"It fails, and {LIST} says that it is right: {mutant.why_right}",)
    return ()

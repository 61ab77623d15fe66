"""The exercises: one manifest, a folder each, and the learner's working copy.

exercises/exercises.toml      what there is, in order, with the hints
exercises/ID/task.md          what is asked
exercises/ID/starter/         what the learner begins with
exercises/ID/solution/        one right answer
work/ID/                      the learner's copy (COURSE_WORK puts it elsewhere)
"""

from __future__ import annotations

import difflib
import functools
import os
import re
import shutil
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course import misconceptions
from course.errors import InputError, ManifestError, NoWorkingCopy, UnknownExercise
from course.paths import repository

_ID = re.compile(r"\d{2}-[a-z0-9]+(?:-[a-z0-9]+)*")
_KEYS = {"id", "title", "minutes", "images", "hints", "hints_for", "misconceptions"}
_STEPS = range(2, 5)  # of a ladder for one check: nudge, pointer, near-solution


@dataclass(frozen=True)
class Exercise:
    """One exercise, as the manifest has it."""

    id: str
    title: str
    minutes: int
    images: tuple[str, ...]  # base images that the task and the checker need
    hints: tuple[str, ...]  # from a nudge to nearly the answer
    misconceptions: tuple[str, ...]  # what a wrong answer may show
    folder: Path
    # Ladders for one failing check: "healthy", or "answers/M02" for it with that misconception.
    hints_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def chapter(self) -> str:
        """The two digits of its chapter."""
        return self.id[:2]

    @property
    def task(self) -> str:
        """The task's text, Markdown."""
        return (self.folder / "task.md").read_text(encoding="utf-8")

    @property
    def starter(self) -> Path:
        """The folder that the learner begins with."""
        return self.folder / "starter"

    @property
    def solution(self) -> Path:
        """A folder that passes."""
        return self.folder / "solution"


def exercises_folder() -> Path:
    """The folder with the manifest."""
    return repository() / "exercises"


def work_folder() -> Path:
    """The folder of the learner's copies: `COURSE_WORK` if set, else work/ in the checkout."""
    return Path(os.environ.get("COURSE_WORK") or repository() / "work")


def load(folder: Path | None = None) -> tuple[Exercise, ...]:
    """All exercises, in the manifest's order.

    Raises ManifestError if the manifest is broken, or if it and the folders disagree.
    """
    folder = folder or exercises_folder()
    manifest = folder / "exercises.toml"
    try:
        state = manifest.stat()
        entries = _entries(manifest, (state.st_mtime_ns, state.st_size))
    except FileNotFoundError as error:
        raise ManifestError(
            f"There is no {manifest.name} in {folder}.", hint="Is COURSE_ROOT the course's folder?"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"{manifest.name} cannot be read: {error}.") from error
    found = tuple(_exercise(folder, entry) for entry in entries)
    _agree(folder, found)
    return found


@functools.lru_cache(maxsize=4)
def _entries(manifest: Path, state: tuple[int, int]) -> Sequence[Mapping[str, Any]]:
    """The manifest's entries, to be read only. Parsed once for each state of the file: that takes 40 ms, and
    exercises are asked for by the hundred."""
    parsed = tomllib.loads(manifest.read_text(encoding="utf-8"))
    entries: Sequence[Mapping[str, Any]] = parsed.get("exercise", [])
    return entries


def find(exercise_id: str, folder: Path | None = None) -> Exercise:
    """The exercise of that name. Raises UnknownExercise, which names the nearest ones."""
    known = {exercise.id: exercise for exercise in load(folder)}
    if exercise_id in known:
        return known[exercise_id]
    near = _nearest(exercise_id, list(known))
    raise UnknownExercise(
        f"There is no exercise {exercise_id!r}.",
        hint=f"Did you mean {' or '.join(near)}?" if near else "Run: course list",
    )


def working_copy(exercise_id: str) -> Path:
    """The learner's copy. Raises UnknownExercise, or NoWorkingCopy if it isn't there."""
    exercise = find(exercise_id)
    copy = work_folder() / exercise.id
    if not copy.is_dir():
        raise NoWorkingCopy(
            f"There is no folder {_shown(copy)}. The exercise was not started, or its folder is gone.",
            hint=f"Run: course start {exercise.id}",
        )
    return copy


def start(exercise_id: str, *, force: bool = False) -> tuple[Path, bool]:
    """The learner's copy, made from the starter if it isn't there, and whether it was made now.

    With `force` an existing copy is put aside (see `reset`) and a new one made.
    Raises UnknownExercise, or InputError if the folder cannot be written.
    """
    exercise = find(exercise_id)
    copy = work_folder() / exercise.id
    if copy.is_dir() and not force:
        return copy, False
    return reset(exercise.id), True


def reset(exercise_id: str) -> Path:
    """A fresh copy of the starter. What was there is kept beside it, as work/.old/ID-TIME.

    Raises UnknownExercise, or InputError if the folder cannot be written.
    """
    exercise = find(exercise_id)
    copy = work_folder() / exercise.id
    try:
        if copy.exists() or copy.is_symlink():
            _put_aside(copy)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(exercise.starter, copy, symlinks=True)
        shutil.copyfile(exercise.folder / "task.md", copy / "task.md")
    except OSError as error:
        raise InputError(
            f"{_shown(copy)} cannot be written: {error.strerror or error}.",
            hint="Check the folder's owner and the free space of the disk.",
        ) from error
    return copy


def _put_aside(copy: Path) -> None:
    old = copy.parent / ".old"
    old.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = old / f"{copy.name}-{stamp}"
    number = 1
    while target.exists():
        number += 1
        target = old / f"{copy.name}-{stamp}-{number}"
    copy.rename(target)


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _nearest(wanted: str, known: list[str]) -> list[str]:
    close = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
    # A part of the name counts too: "pin" or "first".
    return close or [name for name in known if len(wanted) >= 2 and wanted.lower() in name][:3]


def _exercise(folder: Path, entry: Mapping[str, Any]) -> Exercise:
    name = str(entry.get("id", ""))
    if not _ID.fullmatch(name):
        raise ManifestError(f"{name!r} is no exercise id: two digits and words in small letters, 03-signals.")
    problems = [
        f"{key} is missing or empty"
        for key, kind in (("title", str), ("minutes", int), ("images", list), ("hints", list))
        if not isinstance(entry.get(key), kind) or not entry[key]
    ]
    if any(not isinstance(hint, str) or not hint.strip() for hint in entry.get("hints", [])):
        problems.append("a hint is empty")
    unknown = sorted(set(entry.get("misconceptions", [])) - set(misconceptions.ALL))
    if unknown:
        problems.append(f"misconceptions {', '.join(unknown)} are not in the list")
    problems += _ladder_problems(entry)
    if extra := set(entry) - _KEYS:
        problems.append(f"unknown keys {', '.join(sorted(extra))}")
    if problems:
        raise ManifestError(f"exercises.toml, {name}: {'; '.join(problems)}.")
    return Exercise(
        id=name,
        title=entry["title"],
        minutes=entry["minutes"],
        images=tuple(entry["images"]),
        hints=tuple(hint.strip() for hint in entry["hints"]),
        misconceptions=tuple(entry.get("misconceptions", [])),
        folder=folder / name,
        hints_for={
            key: tuple(hint.strip() for hint in ladder) for key, ladder in entry.get("hints_for", {}).items()
        },
    )


def _ladder_problems(entry: Mapping[str, Any]) -> list[str]:
    """Of what the plan isn't needed for: whether its checks have such names, the self-check sees."""
    ladders = entry.get("hints_for", {})
    if not isinstance(ladders, dict):
        return ["hints_for is no table"]
    problems = []
    for key, ladder in ladders.items():
        code = key.partition("/")[2]
        if "/" in key and code not in entry.get("misconceptions", []):
            problems.append(f"hints_for {key}: {code or 'nothing'} is none of its misconceptions")
        if not isinstance(ladder, list) or len(ladder) not in _STEPS:
            problems.append(f"hints_for {key} is no list of {_STEPS[0]} to {_STEPS[-1]} hints")
        elif any(not isinstance(hint, str) or not hint.strip() for hint in ladder):
            problems.append(f"hints_for {key}: a hint is empty")
    return problems


def _agree(folder: Path, found: tuple[Exercise, ...]) -> None:
    listed = [exercise.id for exercise in found]
    problems = [f"{name} is listed twice" for name in sorted({n for n in listed if listed.count(n) > 1})]
    there = {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    problems += [f"the folder {name} is not listed" for name in sorted(there - set(listed))]
    problems += [f"{name} has no folder" for name in listed if name not in there]
    for exercise in found:
        for part in (exercise.folder / "task.md", exercise.starter, exercise.solution):
            if exercise.id in there and not part.exists():
                problems.append(f"{exercise.id} has no {part.name}")
    if problems:
        raise ManifestError(f"exercises.toml and the folders beside it disagree: {'; '.join(problems)}.")

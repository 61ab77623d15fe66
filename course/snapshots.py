"""The learner's last passing version of an exercise, and what has changed since: work/.passing/ID.

Only what can be compared as text matters here: the rest is kept as it is up to a size, and named beyond it.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import filelock

from course.errors import InputError
from course.exercises import find, work_folder

LARGEST = 200_000
"""Bytes of a file beyond which it is named, not compared."""
_MOST_FILES = 1000
_MOST_LINES = 5000
"""The comparison's time grows with the square of a file's lines."""
_NOT_THEIRS = frozenset({".git", ".ipynb_checkpoints", "__pycache__", "node_modules"})
"""Folders that tools leave in a working copy."""


def files(folder: Path) -> dict[str, Path]:
    """Relative path, with slashes → place, of what a learner may have written: no folders of tools.

    Links are listed and never followed. At most a thousand files, sorted by name.
    """
    return dict(sorted(_walk(folder))[:_MOST_FILES])


def keep(exercise_id: str, folder: Path) -> None:
    """Keeps the folder, which has passed, in place of the version that was kept before.

    Raises UnknownExercise, or InputError if it cannot be written: no reason to take a pass back.
    """
    kept = _kept(exercise_id)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(kept.parent / f".{exercise_id}.lock"):
            fresh = Path(tempfile.mkdtemp(prefix=f".{exercise_id}-", dir=kept.parent))
            try:
                _copy(folder, fresh / "new")
                if kept.exists():
                    kept.rename(fresh / "old")
                (fresh / "new").rename(kept)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"The passing version cannot be kept in {kept}: {error.strerror or error}.",
            hint="Check the folder's owner and the free space of the disk.",
        ) from error


def has_passed(exercise_id: str) -> bool:
    """Whether a passing version is kept."""
    return _kept(exercise_id).is_dir()


def difference(exercise_id: str, folder: Path) -> str:
    """What changed since the last passing version, as a unified diff; "" if none is kept or nothing changed.

    Raises UnknownExercise.
    """
    kept = _kept(exercise_id)
    return compare(kept, folder, "passing", "yours") if kept.is_dir() else ""


def difference_to_starter(exercise_id: str, folder: Path) -> str:
    """What the learner changed since the beginning, as a unified diff. Raises UnknownExercise."""
    exercise = find(exercise_id)
    return compare(exercise.starter, folder, "starter", "yours", leave_out=frozenset({"task.md"}))


def compare(
    old: Path, new: Path, old_name: str, new_name: str, *, leave_out: frozenset[str] = frozenset()
) -> str:
    """Two folders as a unified diff. Files that aren't short text get a line that they differ."""
    before, after = files(old), files(new)
    parts: list[str] = []
    for name in sorted((before.keys() | after.keys()) - leave_out):
        was, now = before.get(name), after.get(name)
        if was and now and _same(was, now):
            continue
        heads = f"{old_name}/{name}" if was else "/dev/null", f"{new_name}/{name}" if now else "/dev/null"
        parts += _file(was, now, *map(printable, heads))
    return "".join(parts)


def text_of(path: Path) -> str | None:
    """The file's text; None where it is no short regular file of UTF-8."""
    content = _bytes(path)
    if content is None or b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def printable(name: str) -> str:
    """A file's name on one line, in letters that any page can show."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in name)


def _file(was: Path | None, now: Path | None, old_name: str, new_name: str) -> Iterator[str]:
    old, new = text_of(was) if was else "", text_of(now) if now else ""
    if old is None or new is None or max(old.count("\n"), new.count("\n")) > _MOST_LINES:
        yield f"--- {old_name}\n+++ {new_name}\n(no short text: not shown)\n"
        return
    lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), old_name, new_name)
    found = [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    # An empty file, or a mode, has no lines to show; that it came or went is worth one.
    yield from found or [f"--- {old_name}\n+++ {new_name}\n"]


def _same(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    first, second = _bytes(one), _bytes(other)
    if first is None and second is None:  # of what is large only the size was kept
        with contextlib.suppress(OSError):
            return one.stat().st_size == other.stat().st_size
    return first == second


def _bytes(path: Path) -> bytes | None:
    """What is in a short regular file; a link's target, as text. None for others, and what can't be read."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return os.fsencode(f"link to {path.readlink()}\n")
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            return None
        return path.read_bytes()
    except OSError:  # it can vanish between the listing and the look
        return None


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    for name, path in files(source).items():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size > LARGEST:
            # Its size is all that `difference` can compare; a hole of that size takes no room.
            place.touch()
            os.truncate(place, status.st_size)
        else:
            shutil.copy2(path, place, follow_symlinks=False)


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    for here, names, plain in os.walk(folder):
        names[:] = [name for name in names if name not in _NOT_THEIRS]
        links = [name for name in names if (Path(here) / name).is_symlink()]
        for name in (*plain, *links):
            path = Path(here) / name
            if path.is_symlink() or path.is_file():  # no sockets, pipes and devices
                yield path.relative_to(folder).as_posix(), path


def _kept(exercise_id: str) -> Path:
    return work_folder() / ".passing" / find(exercise_id).id

"""A learner's folder is copied before anything looks at it: they may edit on, and links must not lead out."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Mapping
from pathlib import Path

from checkers.limits import Limits, size
from course.build.survey import survey
from course.errors import ContextError, NoWorkingCopy


def copy_folder(source: Path, target: Path, limits: Limits) -> None:
    """Copies regular files, folders and links of `source` into the new folder `target`.

    A link is copied as a link (docker sends it so, too); one that leads out of the folder is refused, since
    what it points to isn't the learner's to send. Sockets, pipes and devices are left out.
    Raises NoWorkingCopy if there is no such folder; ContextError for a link out, for too much, and for what
    cannot be read.
    """
    if not source.is_dir():
        raise NoWorkingCopy(f"There is no folder {source}.", hint="Run: course start EXERCISE")
    root = source.resolve()
    left, files, when = limits.context, limits.context_files, unlike_any()
    target.mkdir(parents=True)
    for folder, names, plain in os.walk(root):
        here = Path(folder)
        there = target / here.relative_to(root)
        for name in names + plain:
            files -= 1
            # Before it is copied: a file with holes says that it is larger than any disk.
            left -= _length(here / name)
            if left < 0 or files < 0:
                raise ContextError(
                    f"The folder is too large to check: the limit is {size(limits.context)} "
                    f"and {limits.context_files:,} files.",
                    hint="Move what the exercise doesn't need out of the folder.",
                )
            _copy(here / name, there / name, root, when)


def copy_sent(source: Path, target: Path, dockerfile: str, limits: Limits) -> None:
    """Copies what a build of `source` is given into the new folder `target`, and whatever they say of
    themselves, the Dockerfile and the ignore file.

    A link that leads out is copied too, as the link that the build gets; nothing here may follow one. Only
    the two files that are read here must lie within. Raises ContextError for those, for too much, and for
    what cannot be read.
    """
    root = source.resolve()
    found = survey(root, dockerfile, limits.context)
    if len(found.entries) > limits.context_files:
        raise ContextError(
            f"The build context has {len(found.entries):,} files; {limits.context_files:,} are allowed.",
            hint="Name what the build doesn't need in .dockerignore.",
        )
    when = unlike_any()
    target.mkdir(parents=True)
    for entry in found.entries:
        _copy(root / entry.path, target / entry.path, root, when, links_out=True)
    for name in filter(None, (dockerfile, found.ignore_file)):
        inside = Path(os.path.realpath(root / name))
        if not inside.is_relative_to(root):
            raise ContextError(
                f"{name} is a link that leads out of the folder.", hint="Put a copy of the file in its place."
            )
        if inside.is_file():
            put(target, {name: inside.read_bytes()})


def vary(source: Path, target: Path, files: Mapping[str, bytes]) -> None:
    """Copies a folder that `copy_folder` made into the new folder `target`, and `files` on top of it."""
    shutil.copytree(source, target, symlinks=True)
    put(target, files)


def put(target: Path, files: Mapping[str, bytes]) -> None:
    """Writes `files` (path → content) into a folder that `copy_folder` or `vary` made. A link on the way to
    one is replaced by a folder: it may lead into the learner's own."""
    when = unlike_any()
    for name, content in files.items():
        here = target
        *folders, last = name.split("/")
        for part in folders:
            here /= part
            if here.is_symlink() or (here.exists() and not here.is_dir()):
                here.unlink()
            here.mkdir(exist_ok=True)
        place = here / last
        if place.is_symlink() or place.is_file():
            place.unlink()
        elif place.is_dir():
            shutil.rmtree(place)
        place.write_bytes(content)
        os.utime(place, ns=(when, when))


def touch(folder: Path) -> None:
    """Gives every file of a copy another time, and no other content."""
    when = unlike_any()
    for path in folder.rglob("*"):
        os.utime(path, ns=(when, when), follow_symlinks=False)


def unlike_any() -> int:
    """A time in nanoseconds within the last hour, that no other copy's files have.

    buildx doesn't send a file whose name, size and time are those of one that it sent before, from whichever
    folder of that name: two learners' files of one archive, alike in all three, would be taken for the same
    (seen with buildx 0.29; moby/buildkit, session/filesync and tonistiigi/fsutil).
    """
    return time.time_ns() - secrets.randbelow(3600 * 10**9)


def _length(path: Path) -> int:
    """Bytes of a regular file, 0 for anything else, also for what has gone meanwhile."""
    with contextlib.suppress(OSError):
        status = path.lstat()
        return status.st_size if stat.S_ISREG(status.st_mode) else 0
    return 0


def _copy(source: Path, target: Path, root: Path, when: int, *, links_out: bool = False) -> None:
    """Copies one entry, if it is a link, a folder or a regular file."""
    try:
        status = source.lstat()
        if stat.S_ISLNK(status.st_mode):
            _copy_link(source, target, root, links_out)
        elif stat.S_ISDIR(status.st_mode):
            target.mkdir()
        elif stat.S_ISREG(status.st_mode):
            shutil.copy2(source, target, follow_symlinks=False)
            os.utime(target, ns=(when, when))
    except OSError as error:
        raise ContextError(
            f"{source.relative_to(root)} cannot be read: {error.strerror or error}.",
            hint="Make it readable, or move it out of the folder.",
        ) from error


def _copy_link(source: Path, target: Path, root: Path, links_out: bool) -> None:
    # os.path.realpath, not Path.resolve: a loop of links must not raise, it just leads nowhere.
    if not links_out and not Path(os.path.realpath(source)).is_relative_to(root):
        raise ContextError(
            f"{source.relative_to(root)} is a link that leads out of the folder.",
            hint="Put a copy of the file in its place: a build gets only what is inside its context.",
        )
    target.symlink_to(source.readlink())


def read_text(folder: Path, name: str) -> str | None:
    """A file of the learner's as text, whatever bytes it holds; None if there is no such file."""
    path = folder / name
    return path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else None


def tree(folder: Path) -> dict[str, str]:
    """What a folder holds: path → kind, permissions, and a digest of what is in it. No times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = b""
        if stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        elif stat.S_ISLNK(status.st_mode):
            content = os.fsencode(path.readlink())
        found[str(path.relative_to(folder))] = f"{status.st_mode:o} {hashlib.sha256(content).hexdigest()}"
    return found

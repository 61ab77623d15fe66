"""What a build context holds: every file that will be sent, and how much that is, before anything is sent."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.amounts import size
from course.build.ignore import Ignore, Verdicts, names_of, read
from course.errors import ContextError

MANY_FILES = 20_000
MANY_BYTES = 200_000_000
"""From here on a warning is due: both take seconds, in every build."""
_NAMED = 3


@dataclass(frozen=True)
class Entry:
    """One file, folder or link, by its path relative to the context with forward slashes."""

    path: str
    status: os.stat_result

    @property
    def size(self) -> int:
        """Bytes of content; 0 for all but files."""
        return self.status.st_size if stat.S_ISREG(self.status.st_mode) else 0


@dataclass(frozen=True)
class Survey:
    """A context, as it will be sent."""

    entries: tuple[Entry, ...]  # folders before what they hold, names sorted within
    skipped: tuple[str, ...] = ()  # sockets, pipes and devices: no builder takes them
    ignore_file: str = ""  # its name; "" where there is none
    hides_dockerfile: bool = False  # the ignore file names the Dockerfile, which is sent all the same

    @property
    def bytes(self) -> int:
        """All contents together."""
        return sum(entry.size for entry in self.entries)

    def largest(self, count: int = _NAMED) -> tuple[Entry, ...]:
        """The biggest files, biggest first."""
        return tuple(sorted(self.entries, key=lambda entry: -entry.size)[:count])

    def warning(self) -> str:
        """What to say before a large context is sent; "" where there is nothing to say."""
        if self.bytes < MANY_BYTES and len(self.entries) < MANY_FILES:
            return ""
        place = self.ignore_file or ".dockerignore"
        advice = f"Name what the build doesn't need in {place}: every build sends it."
        if self.bytes >= MANY_BYTES:
            named = ", ".join(f"{entry.path} ({size(entry.size)})" for entry in self.largest())
            what = f"{size(self.bytes)} in {len(self.entries):,} files. The largest: {named}"
        else:
            folder, count = self._fullest()
            what = f"{len(self.entries):,} files, {count:,} of them in {folder}"
        return f"The build context is large: {what}. {advice}"

    def _fullest(self) -> tuple[str, int]:
        counts: dict[str, int] = {}
        for entry in self.entries:
            top = entry.path.partition("/")[0]
            counts[top] = counts.get(top, 0) + 1
        return max(counts.items(), key=lambda pair: pair[1])


def survey(context: Path, dockerfile: str = "Dockerfile", max_bytes: int | None = None) -> Survey:
    """Looks through the folder `context`, sending nothing and reading no file but the ignore file.

    The Dockerfile is part of the result even where it is ignored (`hides_dockerfile`): without a session the
    engine knows no other place to read it from. An ignore file is left out like any other file.
    Raises ContextError for a folder that can't be read, a bad ignore file, more than `max_bytes` of content.
    """
    ignore_file, ignore = _ignore(context, dockerfile)
    skipped: list[str] = []
    entries: list[Entry] = []
    left = max_bytes
    hidden = False
    for entry, ignored in _walk(context, ignore, {*_with_parents(dockerfile)}):
        hidden = hidden or (ignored and entry.path == dockerfile)
        mode = entry.status.st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            skipped.append(entry.path)
            continue
        if left is not None:
            left -= entry.size
            if left < 0:
                raise ContextError(
                    f"The build context is larger than allowed: {entry.path} no longer fits.",
                    hint="Name what the build doesn't need in .dockerignore.",
                )
        entries.append(entry)
    return Survey(tuple(entries), tuple(skipped), ignore_file, hidden)


def _walk(context: Path, ignore: Ignore, needed: set[str]) -> Iterator[tuple[Entry, bool]]:
    # A stack of folders: no recursion, since they can be nested deeper than Python likes. An ignored folder
    # is told of only when something in it is not ignored; until then it is held back.
    stack: list[tuple[Iterator[os.DirEntry[str]], Verdicts]] = [(_list(context, ""), ())]
    held: list[Entry | None] = [None]  # the folder of each level, until it has been given out
    paths = [""]
    while stack:
        listing, verdicts = stack[-1]
        found = next(listing, None)
        if found is None:
            stack.pop()
            held.pop()
            paths.pop()
            continue
        path = f"{paths[-1]}{found.name}"
        try:
            status = found.stat(follow_symlinks=False)
        except OSError as error:
            raise unreadable(path, error) from error
        ignored, below = ignore.judge(path, verdicts)
        entry = Entry(path, status)
        wanted = not ignored or path in needed
        is_folder = stat.S_ISDIR(status.st_mode)
        if wanted:
            for place, folder in enumerate(held):
                if folder is not None:
                    yield folder, True
                    held[place] = None
            yield entry, ignored
        if is_folder and (wanted or ignore.may_hold_included(path)):
            stack.append((_list(context, path), below))
            held.append(None if wanted else entry)
            paths.append(f"{path}/")


def _list(context: Path, path: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(context / path) as found:
            return iter(sorted(found, key=lambda entry: entry.name))
    except OSError as error:
        raise unreadable(path or context.name, error) from error


def unreadable(name: str, error: OSError) -> ContextError:
    """The error for a file or folder that can't be read."""
    return ContextError(
        f"The build context cannot be read: {name}: {error.strerror or error}.",
        hint="Make it readable, or name it in .dockerignore.",
    )


def _ignore(context: Path, dockerfile: str) -> tuple[str, Ignore]:
    for name in names_of(dockerfile):
        path = context / name
        if path.is_file():
            try:
                return name, read(path.read_bytes())
            except OSError as error:
                raise unreadable(name, error) from error
    return "", Ignore()


def _with_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]

"""A working copy's files, read and written for an editor in a page. The page's words are not trusted.

A name leads nowhere but into the copy: it is taken apart, and each folder on the way is opened without
following links. A text that another program has changed meanwhile is never written over unseen.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.errors import FileChanged, InputError
from course.snapshots import LARGEST, files, printable

_FIRST = ("Dockerfile", ".dockerignore", "compose.yaml", "docker-compose.yml", "run.sh")
"""Files that most exercises are about come first."""
_NO_ANSWER = frozenset({"task.md"})  # the task itself stands above the editor
_PART = re.compile(r"[^\x00-\x1f\x7f/\\]{1,100}")
_DEEPEST = 8


@dataclass(frozen=True)
class File:
    """One file of the copy. `version` stands for its content; "" where `note` says why none edits it."""

    name: str  # relative to the copy, with slashes
    version: str
    note: str = ""


class Desk:
    """The files of one working copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self, most: int = 40) -> list[File]:
        """The files, those that matter first. Beyond `most` they are named only."""
        names = [name for name in files(self._folder) if name not in _NO_ANSWER]
        names.sort(key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
        return [
            self._look(name) if at < most else File(printable(name), "", "many files")
            for at, name in enumerate(names)
        ]

    def read(self, name: str) -> tuple[str, str]:
        """A file's text, its lines ended by \\n, and its version. Raises InputError."""
        with self._opened(name) as (folder, last):
            text, _ = _text(name, _content(name, folder, last))
            return text.replace("\r\n", "\n"), _version(text)

    def save(self, name: str, text: str, version: str) -> str:
        """Replaces a file's text, whole or not at all, and gives the new version. Line ends and mode stay.

        Raises FileChanged if the file isn't the `version` that was edited any more; InputError.
        """
        with self._opened(name) as (folder, last):
            old, mode = _text(name, _content(name, folder, last))
            if _version(old) != version:
                raise FileChanged(
                    f"{name} was changed by another program while you edited it.",
                    hint="Take its text, or keep yours.",
                )
            if "\r\n" in old:
                text = text.replace("\n", "\r\n")
            if text != old:
                self._put(folder, last, _encoded(name, text), mode)
        return _version(text)

    def create(self, name: str) -> None:
        """Makes an empty file, and the folders on the way. Raises InputError where there is one already."""
        with self._opened(name, make=True) as (folder, last):
            try:
                os.close(
                    os.open(last, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666, dir_fd=folder)
                )
            except FileExistsError as error:
                raise InputError(f"There is a {name} already.", hint="Choose another name.") from error

    def delete(self, name: str) -> Path:
        """Takes a file out of the copy, and gives the place where it is kept: beside the copy, in .old."""
        stamp = f"{self._folder.name}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}-deleted"
        place = self._folder.parent / ".old" / stamp
        with self._opened(name) as (folder, last):
            if stat.S_ISDIR(os.stat(last, dir_fd=folder, follow_symlinks=False).st_mode):
                raise _refused(name, "a folder")
            place.mkdir(parents=True)
            os.rename(last, place / last, src_dir_fd=folder)
        return place / last

    def _look(self, name: str) -> File:
        try:
            with self._opened(name) as (folder, last):
                text, _ = _text(name, _content(name, folder, last))
        except InputError as error:
            return File(printable(name), "", error.detail)
        return File(name, _version(text), "Windows line ends (CRLF)" if "\r\n" in text else "")

    def _put(self, folder: int, last: str, content: bytes, mode: int) -> None:
        # Beside the copy: a half-written file must not be in it, not even while a check copies it.
        place = self._folder.parent / ".saving"
        place.mkdir(exist_ok=True)
        temporary = place / secrets.token_hex(8)
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(mode)
            os.rename(temporary, last, dst_dir_fd=folder)
        finally:
            temporary.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _opened(self, name: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """The folder that holds the file, open, and the file's name in it."""
        *way, last = _parts(name)
        here = -1
        try:
            here = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            for part in way:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, dir_fd=here)
                there = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                os.close(here)
                here = there
            yield here, last
        except OSError as error:
            why = error.strerror or str(error)
            raise InputError(
                f"{name}: {why}.", hint="Look at the folder, and at the free space of the disk.", detail=why
            ) from error
        finally:
            if here >= 0:
                os.close(here)


def _parts(name: str) -> list[str]:
    parts = name.split("/")
    if len(parts) > _DEEPEST or any(part in {".", ".."} or not _PART.fullmatch(part) for part in parts):
        raise InputError(
            f"{name!r} is no name for a file of your working copy.",
            hint="A name such as app.py or src/app.py, inside the folder.",
            detail="an odd name",
        )
    with contextlib.suppress(UnicodeEncodeError):
        name.encode("utf-8")
        return parts
    raise InputError("The name is no text.", detail="an odd name")


def _content(name: str, folder: int, last: str) -> tuple[bytes, int]:
    """A short regular file's bytes and mode."""
    status = os.stat(last, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        raise _refused(name, "a link")
    if not stat.S_ISREG(status.st_mode):
        raise _refused(name, "no regular file")
    if status.st_size > LARGEST:
        raise _refused(name, f"{status.st_size / 1e6:.1f} MB")
    # O_NONBLOCK: what was a file a moment ago may be a pipe now, and opening that would wait for a writer.
    opened = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with os.fdopen(opened, "rb") as file:
        return file.read(LARGEST + 1), stat.S_IMODE(status.st_mode)


def _text(name: str, content: tuple[bytes, int]) -> tuple[str, int]:
    raw, mode = content
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise _refused(name, "no text")
    return text, mode


def _encoded(name: str, text: str) -> bytes:
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{name} holds a character that no file can.", detail=str(error)) from error
    if len(content) > LARGEST:
        raise InputError(f"{name} is too large for this editor.", hint="Edit it with a program of your own.")
    return content


def _refused(name: str, why: str) -> InputError:
    return InputError(f"{name} can't be edited here: {why}.", hint="Use a program of your own.", detail=why)


def _version(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]

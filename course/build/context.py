"""Packs a build context as the engine wants it: a tar, made while it is sent, without what the ignore file
leaves out."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import xxhash

from course.build.survey import Entry, Survey, survey, unreadable
from course.errors import ContextError, DockerfileError
from course.trace import ContextFile

DOCKERFILE_MAX = 1024 * 1024
"""Bytes. BuildKit's own frontend reads at most a few MiB; nobody writes one by hand that comes near this."""
_PIECE = 1024 * 1024
_BLOCK = tarfile.BLOCKSIZE


class Context:
    """The tar of a build context: iterate over it once, then look at `inventory`.

    Nothing is spooled: a context of many gigabytes needs a megabyte of memory and no disk. GNU format: PAX
    headers with fractional times made BuildKit take the tar for a Dockerfile. Raises ContextError in the
    middle for a file that can't be read, or that shrinks meanwhile.
    """

    def __init__(self, folder: Path, found: Survey) -> None:
        self.survey = found
        self.inventory: dict[str, ContextFile] = {}
        self.on_progress: Callable[[int], None] | None = None  # told how many bytes of content are packed
        self._folder, self._sent = folder, 0
        self._first: dict[tuple[int, int], str] = {}  # of a file with several names, the first one
        self._pieces = self._merged()

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Lets go of the file that is being read."""
        self._pieces.close()

    def _merged(self) -> Generator[bytes, None, None]:
        # Small files come as pieces of 512 bytes; a write to the engine for each would take most of the time.
        buffer = bytearray()
        for entry in self.survey.entries:
            for piece in self._entry(entry):
                buffer += piece
                if len(buffer) >= _PIECE:
                    yield bytes(buffer)
                    buffer.clear()
            self._sent += entry.size
            if self.on_progress:
                self.on_progress(self._sent)
        yield bytes(buffer + bytes(2 * _BLOCK))

    def _entry(self, entry: Entry) -> Iterator[bytes]:
        info = _header(entry)
        key = (entry.status.st_dev, entry.status.st_ino)
        name = _readable(entry.path)
        mode = entry.status.st_mode
        if info.issym():
            try:
                info.linkname = os.readlink(self._folder / entry.path)  # noqa: PTH115  a Path would tidy it up
            except OSError as error:
                raise unreadable(entry.path, error) from error
            self.inventory[name] = ContextFile(f"-> {info.linkname}", mode)
        elif info.isdir():
            self.inventory[name] = ContextFile("", mode)
        elif key in self._first:  # a second name of a file already sent: BuildKit takes it as such
            info.type, info.linkname, info.size = tarfile.LNKTYPE, self._first[key], 0
            self.inventory[name] = self.inventory[_readable(self._first[key])]
        else:
            if entry.status.st_nlink > 1:
                self._first[key] = entry.path
            yield info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
            yield from self._content(entry, name)
            return
        yield info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")

    def _content(self, entry: Entry, name: str) -> Iterator[bytes]:
        left, hashed = entry.size, xxhash.xxh3_128()
        try:
            with (self._folder / entry.path).open("rb", buffering=0) as file:
                while left and (piece := file.read(min(left, _PIECE))):
                    left -= len(piece)
                    hashed.update(piece)
                    yield piece
        except OSError as error:
            raise unreadable(entry.path, error) from error
        if left:
            raise ContextError(
                f"{entry.path} became shorter while it was read.", hint="Build again when it is at rest."
            )
        self.inventory[name] = ContextFile(f"xxh3:{hashed.hexdigest()}", entry.status.st_mode)
        yield bytes(-entry.size % _BLOCK)


def pack(
    context: Path,
    *,
    dockerfile: str = "Dockerfile",
    max_bytes: int | None = None,
) -> Context:
    """The tar of the folder `context`; the caller closes it.

    Sockets, pipes and devices are left out, as the docker CLI does.
    Raises DockerfileError where there is no usable Dockerfile, ContextError for what cannot be read
    and for files of more than `max_bytes` in all.
    """
    check_dockerfile(context, dockerfile)
    found = survey(context, relative_dockerfile(dockerfile), max_bytes)
    return Context(context, found)


def check_dockerfile(context: Path, dockerfile: str = "Dockerfile") -> str:
    """The Dockerfile's text.

    Raises DockerfileError if it is missing, empty, a folder, too large or not UTF-8.
    """
    path = context / dockerfile
    if not context.is_dir():
        raise ContextError(f"There is no folder {context.name}.", hint="Check the path.")
    if path.is_dir():
        raise DockerfileError(
            f"{dockerfile} is a folder, not a file.", hint=f"Write a file named {dockerfile}."
        )
    if not path.is_file():
        raise DockerfileError(
            f"There is no {dockerfile} in {context.name}.", hint=f"Create {context.name}/{dockerfile}."
        )
    if path.stat().st_size > DOCKERFILE_MAX:
        raise DockerfileError(
            f"{dockerfile} has {path.stat().st_size:,} bytes. That is data, not a Dockerfile.",
            hint="Put data into files of their own and COPY them.",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DockerfileError(
            f"{dockerfile} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8."
        ) from error
    except OSError as error:
        raise DockerfileError(
            f"{dockerfile} cannot be read: {error.strerror}.", hint="Check its owner."
        ) from error
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        raise DockerfileError(
            f"{dockerfile} holds no instruction.", hint="Its first instruction is FROM.", line=1
        )
    return text


def _readable(path: str) -> str:
    # JSON and terminals take no lone surrogates, as which Python holds what is no UTF-8.
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _header(entry: Entry) -> tarfile.TarInfo:
    # Owner and fractions of seconds are left out: the cache doesn't look at times, and a build as somebody
    # else, or of a fresh clone, should give the same layers.
    info = tarfile.TarInfo(entry.path)
    mode = entry.status.st_mode
    info.mode = stat.S_IMODE(mode)
    info.mtime = int(entry.status.st_mtime)
    if stat.S_ISDIR(mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(mode):
        info.type = tarfile.SYMTYPE
    else:
        info.size = entry.size
    return info


def relative_dockerfile(dockerfile: str) -> str:
    """The Dockerfile's name inside the context, with forward slashes."""
    return os.path.normpath(dockerfile).replace(os.sep, "/")

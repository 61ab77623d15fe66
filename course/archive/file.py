"""An image in a file or folder → `Image`: docker save, OCI layouts as folder or tar, plain or compressed."""

from __future__ import annotations

import stat
import tarfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import IO, Protocol

from course.archive import assemble, limits
from course.archive.assemble import Part
from course.archive.cache import Cache, default_cache
from course.archive.flow import compression, truncated, unpacked
from course.archive.layer import Budget, absurd
from course.archive.manifest import Blob, Candidate, candidates
from course.archive.read import OnLayer
from course.archive.scan import missing, read_blob, scan, verified
from course.errors import ImageDamaged, InputError, NotAnImage
from course.layers import Image
from course.steps import SILENT, Step, Steps

_HOW = "An image in a file is what `docker save -o FILE IMAGE` writes, or an OCI layout."


class _Members(Protocol):
    """An archive in which one can jump about."""

    def document(self, member: str) -> bytes | None: ...

    def open(self, member: str) -> AbstractContextManager[tuple[IO[bytes], int]]:
        """The member's bytes and how many. Raises ImageDamaged if it isn't there."""
        ...


def open_image(
    path: Path | str,
    *,
    on_layer: OnLayer | None = None,
    platform: str | None = None,
    image: str | None = None,
    dockerfile: str | None = None,
    cache: Cache | None = None,
    steps: Steps = SILENT,
) -> Image:
    """The image in a file or folder, with all files of all layers, hashed.

    `platform`: of several, by default this machine's; `image`: a name, where the file holds several images.
    `on_layer`, `dockerfile` and `cache` as for `read_image`. Blobs are checked against the digests that name
    them. Of a plain tar or a folder, only the chosen image's layers are read, and those that were read before
    are not read again; a compressed tar is read whole.

    Sizes: `tar_bytes` are counted; `compressed_bytes` is the blob's length, None for one stored uncompressed;
    `disk_bytes` is None: no engine has unpacked it.

    Raises InputError (no such file; several images), NotAnImage, ImageDamaged, PlatformNotFound.
    """
    path = Path(path)
    choice = (str(path), platform, image, dockerfile)
    cache = cache or default_cache()
    try:
        with steps.step(f"Reading {path.name or path}", unit="bytes") as step:
            if path.is_dir():
                return _lazily(_Folder(path), choice, on_layer, cache, step)
            with _regular(path).open("rb") as file:
                packed = compression(file.read(16))
                file.seek(0)
                if packed:
                    return _whole(file, packed, choice, on_layer, step)
                with _tar(file) as members:
                    return _lazily(members, choice, on_layer, cache, step)
    except NotAnImage as error:
        raise NotAnImage(f"{path} is not an image. {error}", hint=error.hint or _HOW) from error
    except ImageDamaged as error:
        raise ImageDamaged(f"{path}: {error}", hint=error.hint, detail=error.detail) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


_Choice = tuple[str, str | None, str | None, str | None]  # name, platform, image, dockerfile


def _lazily(members: _Members, choice: _Choice, on_layer: OnLayer | None, cache: Cache, step: Step) -> Image:
    """Reads the documents first, then the layers of the image that was chosen, and no other."""
    name, platform, called, dockerfile = choice
    chosen = _chosen(candidates(members.document), name, platform, called)
    budget = Budget()
    done: dict[str, Part] = {}
    read = 0

    def part(index: int) -> Part:
        nonlocal read
        blob = chosen.blobs[index]
        with members.open(blob.member) as (file, size):
            if blob.member not in done:
                done[blob.member] = _part(file, size, blob, budget, cache)
        read += size
        step.update(read)
        if on_layer:
            on_layer(assemble.layer(index, blob.diff_id, done[blob.member]))
        return done[blob.member]

    return assemble.image(name, chosen, part, dockerfile=dockerfile)


def _part(file: IO[bytes], size: int, blob: Blob, budget: Budget, cache: Cache) -> Part:
    start = file.read(16)
    file.seek(0)
    packed = compression(start)
    digest = blob.digest or blob.diff_id  # a layer.tar is not packed: its digest is its diff ID
    kept = cache.layer(digest)
    if kept is not None:
        return Part(kept, digest, size, packed)
    read = verified(read_blob(_pieces(file), size, budget), blob.member)
    if not packed and read.blob != blob.diff_id:
        raise ImageDamaged(
            f"A layer's bytes are not those of its diff ID {blob.diff_id[:19]}….",
            hint="Save or download it again.",
        )
    cache.keep_layer(read.blob, read.content)
    return Part(read.content, read.blob, read.stored, read.packed)


def _whole(file: IO[bytes], packed: str, choice: _Choice, on_layer: OnLayer | None, step: Step) -> Image:
    """Reads a compressed archive from end to end."""
    name, platform, called, dockerfile = choice
    found = scan(unpacked(_pieces(file, step), packed))
    chosen = _chosen(candidates(found.document), name, platform, called)

    def part(index: int) -> Part:
        blob = chosen.blobs[index]
        read = verified(found.read(blob.member), found.links.get(blob.member, blob.member))
        made = Part(read.content, read.blob, read.stored, read.packed)
        if on_layer:
            on_layer(assemble.layer(index, blob.diff_id, made))
        return made

    return assemble.image(name, chosen, part, dockerfile=dockerfile)


def _chosen(found: list[Candidate], name: str, platform: str | None, called: str | None) -> Candidate:
    if not found:
        raise NotAnImage("It holds no image's manifest.", hint=_HOW)
    return assemble.choose(name, found, platform=platform, called=called)


def _pieces(file: IO[bytes], step: Step | None = None) -> Iterator[bytes]:
    done = 0
    while piece := file.read(limits.PIECE):
        done += len(piece)
        if step:
            step.update(done)
        yield piece


def _regular(path: Path) -> Path:
    """The path, if a file is there: opening a named pipe would wait for ever."""
    if not path.exists():
        raise InputError(f"There is no file {path}.", hint=_HOW)
    if not stat.S_ISREG(path.stat().st_mode):
        raise InputError(f"{path} is no regular file.")
    return path


class _Folder:
    """An OCI layout in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def document(self, member: str) -> bytes | None:
        path = self._path(member)
        if path is None or path.stat().st_size > limits.MOST_JSON:
            return None
        return path.read_bytes()

    @contextmanager
    def open(self, member: str) -> Iterator[tuple[IO[bytes], int]]:
        path = self._path(member)
        if path is None:
            raise missing(member)
        with path.open("rb") as file:
            yield file, path.stat().st_size

    def _path(self, member: str) -> Path | None:
        """The file of a member, if it is one and lies in the folder: a document can name any path."""
        path = (self._folder / member).resolve() if member and "\0" not in member else self._folder
        return path if path.is_relative_to(self._folder) and path.is_file() else None


class _Tar:
    """A plain tar on disk."""

    def __init__(self, tar: tarfile.TarFile, file: IO[bytes]) -> None:
        self._tar = tar
        self._members: dict[str, tarfile.TarInfo] = {}
        for count, member in enumerate(tar):
            if count > limits.MOST_MEMBERS:
                raise absurd(f"it consists of more than {limits.MOST_MEMBERS:,} parts")
            self._members[normpath(member.name)] = member
        # To tarfile, a file that is cut off just ends. A whole one ends with zeros, after the manifest.
        file.seek(tar.offset)
        if not file.read(1) and not {"index.json", "manifest.json"} & self._members.keys():
            raise truncated()

    def document(self, member: str) -> bytes | None:
        info = self._find(member)
        if info is None or info.size > limits.MOST_JSON:
            return None
        file = self._tar.extractfile(info)
        return file.read() if file else None

    @contextmanager
    def open(self, member: str) -> Iterator[tuple[IO[bytes], int]]:
        info = self._find(member)
        file = self._tar.extractfile(info) if info else None
        if info is None or file is None:
            raise missing(member)
        yield file, info.size

    def _find(self, member: str) -> tarfile.TarInfo | None:
        # Engines before 25 save a layer that two images share once, with a symlink in the other's folder.
        info = self._members.get(normpath(member)) if member else None
        if info is not None and info.issym():
            info = self._members.get(normpath(join(dirname(info.name), info.linkname)))
        return info if info is not None and info.isfile() else None


@contextmanager
def _tar(file: IO[bytes]) -> Iterator[_Tar]:
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            yield _Tar(tar, file)
    except tarfile.ReadError as error:
        if "unexpected end of data" in str(error):
            raise ImageDamaged(
                "The image's data ends in the middle: it was cut off.", hint="Save or download it again."
            ) from error
        raise NotAnImage("It is no tar file.", hint=_HOW) from error
    except tarfile.TarError as error:
        raise ImageDamaged("The image's data is corrupt.", detail=str(error)) from error

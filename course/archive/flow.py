"""Bytes on their way: pieces from a file or engine, read by exact lengths, unpacked in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import zstandard
from isal import isal_zlib

from course.archive.limits import MOST_WINDOW, PIECE, UNPACKED_PIECE
from course.errors import ImageDamaged, NotAnImage

Piece = bytes | memoryview
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = bytes(range(0x50, 0x60))  # zstd:chunked and others start or end with such a frame
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x04\x22\x4d\x18": "lz4"}


class Updates(Protocol):
    """A hash."""

    def update(self, data: Piece, /) -> None: ...


class Flow:
    """A stream of pieces, read by exact lengths."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = iter(pieces)
        self._here = memoryview(b"")
        self.position = 0  # bytes handed out so far

    def _more(self) -> bool:
        for piece in self._pieces:
            if piece:
                self._here = memoryview(piece)
                return True
        return False

    def take(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        here = self._here
        if len(here) >= size:
            self._here = here[size:]
            self.position += size
            return bytes(here[:size])
        parts = list(self.pieces(size, short=True))
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """What `take` would give, left in place."""
        while len(self._here) < size:
            here = self._here
            if not self._more():
                self._here = here
                break
            self._here = memoryview(b"".join((here, self._here)))
        return bytes(self._here[:size])

    def pieces(self, size: int, *, short: bool = False) -> Iterator[memoryview]:
        """The next `size` bytes as they lie. Raises ImageDamaged if there are fewer, unless `short`."""
        while size:
            if not self._here and not self._more():
                if short:
                    return
                raise truncated()
            piece = self._here[:size]
            self._here = self._here[len(piece) :]
            self.position += len(piece)
            size -= len(piece)
            yield piece

    def skip(self, size: int, into: Updates | None = None) -> None:
        """Passes over `size` bytes, into a hash if one is given. Raises ImageDamaged if there are fewer."""
        here = self._here
        if len(here) >= size:
            if into is not None and size:
                into.update(here[:size])
            self._here = here[size:]
            self.position += size
            return
        for piece in self.pieces(size):
            if into is not None:
                into.update(piece)

    def drain(self) -> None:
        """Passes over all that is left."""
        self.position += len(self._here)
        self._here = memoryview(b"")
        for piece in self._pieces:
            self.position += len(piece)


class CutOff(ImageDamaged):
    """The data ends too early: of a file, it was cut off; of an engine, the connection broke."""


def truncated() -> CutOff:
    """The error for a stream that ends too early."""
    return CutOff("The image's data ends in the middle: it was cut off.", hint="Save or download it again.")


def compression(start: bytes) -> str:
    """How a stream that starts so is packed: "gzip", "zstd", or "" for not at all.

    Raises NotAnImage for a packing that images don't have.
    """
    if start.startswith(_GZIP):
        return "gzip"
    if start.startswith(_ZSTD) or (start[1:4] == b"\x2a\x4d\x18" and start[:1] in _ZSTD_SKIPPABLE):
        return "zstd"
    for magic, name in _OTHERS.items():
        if start.startswith(magic):
            raise NotAnImage(
                f"It is packed with {name}, which images are not.", hint="Unpack it, then name the tar in it."
            )
    return ""


def unpacked(pieces: Iterator[Piece], how: str) -> Iterator[Piece]:
    """The pieces unpacked, none larger than a mebibyte. Raises ImageDamaged for corrupt or cut-off data."""
    if how == "gzip":
        return _gunzip(pieces)
    if how == "zstd":
        return _unzstd(pieces)
    return pieces


def _gunzip(pieces: Iterator[Piece]) -> Iterator[bytes]:
    # Several members may follow one another (eStargz, pigz -i), and zeros after the last.
    machine = isal_zlib.decompressobj(31)
    fresh = True
    try:
        for piece in pieces:
            data: Piece = piece
            while len(data):
                if machine.eof:
                    if not bytes(data).strip(b"\0"):
                        break
                    machine = isal_zlib.decompressobj(31)
                out = machine.decompress(data, UNPACKED_PIECE)
                fresh = False
                data = machine.unused_data if machine.eof else machine.unconsumed_tail
                while out:
                    yield out
                    full = len(out) >= UNPACKED_PIECE and not len(data) and not machine.eof
                    out = machine.decompress(b"", UNPACKED_PIECE) if full else b""
    except isal_zlib.IsalError as error:  # type: ignore[misc]  # its stub says it is a function
        raise ImageDamaged(
            "A layer's gzip data is corrupt.", hint="Save or download the image again.", detail=str(error)
        ) from error
    if not fresh and not machine.eof:
        raise truncated()


class _File:
    """Pieces as the file that zstandard wants to read from."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._flow = Flow(pieces)

    def read(self, size: int = -1) -> bytes:
        return self._flow.take(size if size >= 0 else PIECE)


def _unzstd(pieces: Iterator[Piece]) -> Iterator[bytes]:
    machine = zstandard.ZstdDecompressor(max_window_size=MOST_WINDOW)
    try:
        with machine.stream_reader(_File(pieces), read_size=PIECE, read_across_frames=True) as reader:  # type: ignore[arg-type]
            while out := reader.read(UNPACKED_PIECE // 2):
                yield out
    except zstandard.ZstdError as error:
        raise ImageDamaged(
            "A layer's zstd data is corrupt.", hint="Save or download the image again.", detail=str(error)
        ) from error

"""Compressed streams, wherever in a view they begin: a file of that kind, a member of a zip or tar, or bytes
behind a script. Names and uncompressed members of an archive can be read in the view as they are.

A stream that is cut off or damaged gives what comes before the damage.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator

import zstandard

from checkers.canary.spool import PIECE, View

_MOST = 1 << 20  # bytes unpacked at once
_WINDOW = 1 << 27  # bytes of memory for one stream: what the command-line tools allow at most
_ZIP_HEADER = 30  # bytes of a zip member's header before its name
_BEGINS = re.compile(
    rb"(?P<gzip>\x1f\x8b\x08[\x00-\x1f])|(?P<bzip2>BZh[1-9]1AY&SY)|(?P<xz>\xfd7zXZ\0)"
    rb"|(?P<zstd>\x28\xb5\x2f\xfd)|(?P<zip>PK\x03\x04)"
)


def unpacked(view: View) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The streams that begin in the view: how each is packed, and the pieces of what is in it."""
    if len(view) > 2 and view[0] & 0x0F == 8 and int.from_bytes(view[:2], "big") % 31 == 0:
        yield "zlib", _inflated(view, 0, zlib.MAX_WBITS)
    for begin in _BEGINS.finditer(view):
        kind, at = str(begin.lastgroup), begin.start()
        if kind == "zip":
            data = _zip_data(view, at)
            if data is not None:
                yield "zip", _inflated(view, data, -zlib.MAX_WBITS)
        elif kind == "gzip":
            yield kind, _inflated(view, at, 16 + zlib.MAX_WBITS)
        elif kind == "zstd":
            yield kind, _zstd(view, at)
        else:
            make = bz2.BZ2Decompressor if kind == "bzip2" else _xz
            yield kind, _fed(view, at, make)


def is_tar(view: View) -> bool:
    """Whether the view is a tar: for its name only, what is in it lies open."""
    return view[257:262] == b"ustar"


def _zip_data(view: View, at: int) -> int | None:
    """Where the data of the zip member at `at` begins, if it is deflated; nothing to do if it is stored."""
    header = view[at : at + _ZIP_HEADER]
    if len(header) < _ZIP_HEADER or int.from_bytes(header[8:10], "little") != zlib.DEFLATED:
        return None
    return at + _ZIP_HEADER + sum(int.from_bytes(header[n : n + 2], "little") for n in (26, 28))


def _inflated(view: View, at: int, bits: int) -> Iterator[bytes]:
    machine = zlib.decompressobj(bits)
    try:
        for start in range(at, len(view), PIECE):
            data = view[start : start + PIECE]
            while data and not machine.eof:
                yield machine.decompress(data, _MOST)
                data = machine.unconsumed_tail
            if machine.eof:
                return
    except zlib.error:
        return


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_WINDOW)


def _fed(
    view: View, at: int, make: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]
) -> Iterator[bytes]:
    machine = make()
    try:
        for start in range(at, len(view), PIECE):
            data = view[start : start + PIECE]
            while not machine.eof and (data or not machine.needs_input):
                yield machine.decompress(data, _MOST)
                data = b""
            if machine.eof:
                return
    except (OSError, EOFError, lzma.LZMAError):
        return


class _Rest:
    """A view from a place on, as a file."""

    def __init__(self, view: View, at: int) -> None:
        self._view, self._at = view, at

    def read(self, size: int = -1) -> bytes:
        taken = self._view[self._at : self._at + min(size if size >= 0 else PIECE, PIECE)]
        self._at += len(taken)
        return taken


def _zstd(view: View, at: int) -> Iterator[bytes]:
    machine = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    try:
        with machine.stream_reader(_Rest(view, at), read_size=PIECE) as reader:  # type: ignore[arg-type]
            while out := reader.read(PIECE):
                yield out
    except (zstandard.ZstdError, MemoryError):
        return

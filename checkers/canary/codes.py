"""Texts that stand for other bytes: base64, base32, hexadecimal digits, %XX, and letters of two bytes.

A run of such letters may begin anywhere in a group of them, and be written backwards: each way is tried, and
all runs of a view that are read the same way make one new view.
"""

from __future__ import annotations

import base64
import binascii
import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from checkers.canary.budget import TooMuchInside
from checkers.canary.spool import PIECE, View

_APART = b"\n"  # between what two runs stand for
_UPPER = bytes(range(256)).upper()
_SPACE = b" \t\r\n\v\f"  # all that \s fits: what were left in a run would spoil its count of letters
_STANDARD = bytes.maketrans(b"-_", b"+/")  # base64's alphabet for addresses and file names


@dataclass(frozen=True)
class _Code:
    name: str
    runs: re.Pattern[bytes]
    drop: bytes  # signs within a run that stand for nothing
    group: int  # letters that are read together
    read: Callable[[bytes], bytes]


def _base32(letters: bytes) -> bytes:
    over = len(letters) % 8
    whole = letters[: len(letters) - (over in (1, 3, 6))]  # five bits that no byte ends with
    return base64.b32decode(whole.translate(_UPPER) + b"=" * (-len(whole) % 8))


def _base64(letters: bytes) -> bytes:
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(whole.translate(_STANDARD) + b"=" * (-len(whole) % 4))


def _digits(letters: bytes) -> bytes:
    return binascii.unhexlify(letters[: len(letters) // 2 * 2])


# Possessive: a run of a million letters is matched once, and never again from its second one.
_CODES = (
    _Code("base64", re.compile(rb"[\w+/-]{24,}+(?:\s{1,4}[\w+/-]++)*+", re.ASCII), _SPACE, 4, _base64),
    _Code(
        "base32",
        re.compile(rb"[A-Z2-7]{24,}+(?:\s{1,4}[A-Z2-7]++)*+|[a-z2-7]{24,}+(?:\s{1,4}[a-z2-7]++)*+", re.ASCII),
        _SPACE,
        8,
        _base32,
    ),
    _Code(
        "hexadecimal digits",
        re.compile(rb"[0-9A-Fa-f](?:[\\x%:, \t\r\n]{0,4}+[0-9A-Fa-f]){30,}+"),
        b"\\x%:, \t\r\n",
        2,
        _digits,
    ),
)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_CUT = re.compile(rb"%[0-9A-Fa-f]?\Z")  # an escape that goes on in the next piece
_AROUND = 64  # bytes on both sides of an escape that are read with it
_WIDE = re.compile(rb"(?:[\t\n\r\x20-\x7e]\0){16,}+")
_MOST_RUNS = 4_000_000  # of one view; sixteen bytes each


def decoded(view: View) -> Iterator[tuple[str, Iterator[bytes]]]:
    """What the view's texts could stand for: how they are read, and the pieces of it. Often it is noise.

    Raises TooMuchInside.
    """
    if escapes := _Spans(_near(view)):  # before the digits, which they are, too
        yield "%XX", _unescaped(view, escapes)
    for code in _CODES:
        runs = _Spans(match.span() for match in code.runs.finditer(view))
        if not runs:
            continue
        for backwards in (False, True):
            name = code.name + ", backwards" * backwards
            for offset in range(code.group):
                yield name, _read(view, runs, code, offset, backwards)
    if wide := _Spans(match.span() for match in _WIDE.finditer(view)):
        yield "letters of two bytes", _narrow(view, wide)


class _Spans:
    """Places in a view, kept small: there may be millions."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._ends = array("Q")
        for span in spans:
            self._ends.extend(span)
            if len(self._ends) > 2 * _MOST_RUNS:
                raise TooMuchInside(f"a file of it holds more than {_MOST_RUNS:,} coded words")

    def __len__(self) -> int:
        return len(self._ends) // 2

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._ends[::2], self._ends[1::2], strict=True)


def _near(view: View) -> Iterator[tuple[int, int]]:
    """Where escapes are, with what stands around them; those that are close to each other in one."""
    start = end = -1
    for escape in _PERCENT.finditer(view):
        if start >= 0 and escape.start() - _AROUND <= end:
            end = min(len(view), escape.end() + _AROUND)
            continue
        if start >= 0:
            yield start, end
        start, end = max(0, escape.start() - _AROUND), min(len(view), escape.end() + _AROUND)
    if start >= 0:
        yield start, end


def _read(view: View, runs: _Spans, code: _Code, offset: int, backwards: bool) -> Iterator[bytes]:
    for start, end in runs:
        kept = b""
        skip = offset
        for piece in _pieces(view, start, end, backwards):
            letters = piece.translate(None, code.drop)
            skipped = min(skip, len(letters))
            skip -= skipped
            kept += letters[skipped:]
            whole = len(kept) // code.group * code.group
            if whole:
                yield code.read(kept[:whole])
            kept = kept[whole:]
        yield code.read(kept) + _APART  # the last group, which may be short of letters


def _unescaped(view: View, near: _Spans) -> Iterator[bytes]:
    for start, end in near:
        kept = b""
        for piece in _pieces(view, start, end, False):
            kept += piece
            cut = _CUT.search(kept)
            ready = cut.start() if cut else len(kept)
            yield _PERCENT.sub(lambda escape: bytes((int(escape[1], 16),)), kept[:ready])
            kept = kept[ready:]
        yield kept + _APART


def _narrow(view: View, runs: _Spans) -> Iterator[bytes]:
    for start, end in runs:
        for piece in _pieces(view, start, end, False):
            yield piece.translate(None, b"\0")
        yield _APART


def _pieces(view: View, start: int, end: int, backwards: bool) -> Iterator[bytes]:
    """The bytes from `start` to `end`, none of the pieces large, the last byte first where `backwards`."""
    if backwards:
        for at in range(end, start, -PIECE):
            yield view[max(start, at - PIECE) : at][::-1]
    else:
        for at in range(start, end, PIECE):
            yield view[at : min(end, at + PIECE)]

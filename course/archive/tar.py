"""Walks a tar's headers. Ours, because tarfile takes most of the time that reading an image takes.

Reads what GNU tar, Go's archive/tar and Python write: ustar, GNU long names and base-256 numbers, PAX
headers. As Go's (which the engines use) it takes links, directories and devices to have no content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from course.archive.flow import Flow, truncated
from course.archive.limits import MOST_BYTES, MOST_HEADER
from course.errors import ImageDamaged, NotAnImage

BLOCK = 512
_EMPTY = bytes(BLOCK)
_WITH_CONTENT = frozenset(b"07\0S")
_NOTHING: dict[bytes, bytes] = {}


@dataclass(slots=True)
class Member:
    """One member. Its content is next in the flow; what isn't taken of it, the walk passes over."""

    name: bytes
    kind: int  # the type flag's byte
    stored: int  # bytes of content that follow
    size: int  # bytes of the file; more than `stored` for a sparse one
    mode: int
    uid: int
    gid: int
    link: bytes
    records: dict[bytes, bytes]  # of its PAX header: extended attributes, and what ustar has no room for

    @property
    def sparse(self) -> bool:
        return self.kind == ord("S") or self.size != self.stored


def members(flow: Flow) -> Iterator[Member]:
    """The members of the tar that starts here. At the end, the flow may hold padding.

    Raises NotAnImage if no tar starts here, ImageDamaged where it is cut off or makes no sense.
    """
    long_name = long_link = None
    extended = _NOTHING
    first = True
    while True:
        header = flow.take(BLOCK)
        if header == _EMPTY or not header:
            return
        if len(header) < BLOCK:
            raise truncated()
        if (first or header[257:262] != b"ustar") and not _sums_up(header):
            raise _no_tar() if first else _damaged("a header's checksum is wrong")
        first = False
        kind = header[156]
        size = _number(header[124:136])
        if kind in b"xgLK":
            content = _extension(flow, size)
            if kind == ord("x"):
                extended = _pax(content)
            elif kind == ord("L"):
                long_name = content.rstrip(b"\0")
            elif kind == ord("K"):
                long_link = content.rstrip(b"\0")
            continue
        member = _member(header, kind, size, long_name, long_link, extended)
        long_name = long_link = None
        extended = _NOTHING
        if kind == ord("S"):
            member.size = _number(header[483:495])
            more = header[482]
            while more:  # the map of an old GNU sparse file goes on in blocks of its own
                more = _whole(flow, BLOCK)[504]
        end = flow.position + member.stored + -member.stored % BLOCK
        yield member
        flow.skip(end - flow.position)


def _member(
    header: bytes,
    kind: int,
    size: int,
    long_name: bytes | None,
    long_link: bytes | None,
    extended: dict[bytes, bytes],
) -> Member:
    name = header[:100].split(b"\0", 1)[0]
    if header[345] and header[257:263] == b"ustar\0":
        name = header[345:500].split(b"\0", 1)[0] + b"/" + name
    link = header[157:257].split(b"\0", 1)[0] if header[157] else b""
    uid, gid = _number(header[108:116]), _number(header[116:124])
    real = None
    if extended:
        name = extended.get(b"path", name)
        link = extended.get(b"linkpath", link)
        size = _decimal(extended, b"size", size)
        uid, gid = _decimal(extended, b"uid", uid), _decimal(extended, b"gid", gid)
        name = extended.get(b"GNU.sparse.name", name)
        real = extended.get(b"GNU.sparse.realsize", extended.get(b"GNU.sparse.size"))
    name = name if long_name is None else long_name
    link = link if long_link is None else long_link
    if kind not in _WITH_CONTENT and kind in b"123456":
        size = 0
    if size > MOST_BYTES:
        raise _damaged(f"a file claims to hold {size:,} bytes")
    whole = size if real is None else _decimal(extended, b"", size, real)
    return Member(name, kind, size, whole, _number(header[100:108]) & 0o7777, uid, gid, link, extended)


def _extension(flow: Flow, size: int) -> bytes:
    if size > MOST_HEADER:
        raise _damaged(f"a header claims to be {size:,} bytes long")
    return _whole(flow, size + -size % BLOCK)[:size]


def _whole(flow: Flow, size: int) -> bytes:
    taken = flow.take(size)
    if len(taken) < size:
        raise truncated()
    return taken


def _pax(content: bytes) -> dict[bytes, bytes]:
    """The records "LENGTH KEY=VALUE\\n" of an extended header (POSIX pax)."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(content):
        digits = content[at : at + 20].split(b" ", 1)[0]
        length = int(digits) if digits.isdigit() else 0
        record = content[at + len(digits) + 1 : at + length - 1]
        key, equals, value = record.partition(b"=")
        if length <= len(digits) + 2 or at + length > len(content) or not equals:
            raise _damaged("an extended header makes no sense")
        found[key] = value
        at += length
    return found


def _number(field: bytes) -> int:
    """Octal digits, or with the top bit set a big-endian number (GNU's base-256)."""
    try:
        plain = int(field[:-1], 8)  # as nearly all are: zeros, digits, a NUL
    except ValueError:
        return _unusual_number(field)
    return plain if plain >= 0 and field[-1] in b"\0 " else _unusual_number(field)


def _unusual_number(field: bytes) -> int:
    if field[0] & 0x80:
        if field[0] & 0x40:
            raise _damaged("a number is negative")
        return int.from_bytes(bytes((field[0] & 0x3F,)) + field[1:], "big")
    digits = field.split(b"\0", 1)[0].strip()
    if not digits:
        return 0
    try:
        value = int(digits, 8)
    except ValueError:
        raise _damaged("a number is none") from None
    if value < 0:
        raise _damaged("a number is negative")
    return value


def _decimal(extended: dict[bytes, bytes], key: bytes, otherwise: int, value: bytes | None = None) -> int:
    value = extended.get(key) if value is None else value
    if value is None:
        return otherwise
    if not value.isdigit() or len(value) > 20:
        raise _damaged("a number is none")
    return int(value)


def _sums_up(header: bytes) -> bool:
    # The sum of all bytes with the checksum's own field taken as spaces; old tars summed signed bytes.
    try:
        wanted = _number(header[148:156])
    except ImageDamaged:
        return False
    plain = sum(header) - sum(header[148:156]) + 8 * 32
    signed = plain - 256 * sum(byte > 127 for byte in header[:148] + header[156:])
    return wanted in (plain, signed)


def _no_tar() -> NotAnImage:
    return NotAnImage(
        "It is no tar file.", hint="An image in a file is what docker save -o FILE IMAGE writes."
    )


def _damaged(why: str) -> ImageDamaged:
    return ImageDamaged(f"The image's data is corrupt: {why}.", hint="Save or download it again.")

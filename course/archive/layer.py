"""A layer's tar → its entries, whiteouts and opaque directories, with the hash of every content."""

from __future__ import annotations

from dataclasses import dataclass

import xxhash

from course.archive import limits
from course.archive.flow import Flow
from course.archive.tar import Member, members
from course.errors import ImageDamaged
from course.layers import Entry, Kind

_KINDS: dict[int, Kind] = {
    ord("0"): "file",
    0: "file",
    ord("7"): "file",
    ord("S"): "file",
    ord("1"): "hardlink",
    ord("2"): "symlink",
    ord("3"): "device",
    ord("4"): "device",
    ord("5"): "dir",
    ord("6"): "fifo",
}
_WHITEOUT = b".wh."
_OPAQUE = b".wh..wh..opq"
_AUFS = b".wh..wh."  # AUFS's own notes: engines leave them out


@dataclass(frozen=True, slots=True)
class Content:
    """What a layer's tar lists."""

    entries: tuple[Entry, ...]
    whiteouts: tuple[str, ...]
    opaque: tuple[str, ...]
    tar_bytes: int  # the files' contents
    stream_bytes: int  # the tar itself


class Budget:
    """What reading one image has cost, and may cost."""

    def __init__(self) -> None:
        self.entries = self.names = self.bytes = 0

    def charge(self, member: Member) -> None:
        """Counts a member. Raises ImageDamaged beyond the limits."""
        self.entries += 1
        self.names += len(member.name) + len(member.link)
        self.bytes += member.size
        if len(member.name) > limits.MOST_NAME or len(member.link) > limits.MOST_NAME:
            raise absurd(f"one of its paths is longer than {limits.MOST_NAME:,} bytes")
        if self.entries > limits.MOST_ENTRIES or self.names > limits.MOST_NAMES:
            raise absurd(f"it lists more than {limits.MOST_ENTRIES:,} files")
        if self.bytes > limits.MOST_BYTES:
            raise absurd(f"its files claim more than {limits.MOST_BYTES >> 40} TiB")


def absurd(why: str) -> ImageDamaged:
    """The error for an image beyond all measure."""
    return ImageDamaged(
        f"This is no image to unpack: {why}.", hint="Don't load it into an engine; ask where it comes from."
    )


def read_layer(flow: Flow, budget: Budget) -> Content:
    """Reads one uncompressed layer to its end.

    Raises NotAnImage if it is no tar; ImageDamaged if it is cut off, corrupt, absurd, or leads out of the
    image.
    """
    entries: list[Entry] = []
    whiteouts: list[str] = []
    opaque: list[str] = []
    total = 0
    for member in members(flow):
        budget.charge(member)
        kind = _KINDS.get(member.kind)
        if kind is None:
            continue
        if kind == "file" and member.name.endswith(b"/"):  # how tars before ustar wrote a directory
            kind = "dir"
        path = _clean(member.name)
        name = path.rpartition(b"/")[2]
        if name.startswith(_WHITEOUT):
            _whiteout(path, name, whiteouts, opaque)
            continue
        digest = ""
        if kind == "file":
            digest = _hash(flow, member)
            total += member.size
        entries.append(
            Entry(
                _text(path),
                kind,
                member.size if kind == "file" else 0,
                member.mode,
                member.uid,
                member.gid,
                _target(kind, member.link),
                digest,
            )
        )
    flow.drain()
    return Content(tuple(entries), tuple(whiteouts), tuple(opaque), total, flow.position)


def _hash(flow: Flow, member: Member) -> str:
    if member.sparse:  # its holes are not in the stream: no hash that could be compared with another's
        return ""
    hasher = xxhash.xxh3_128()
    flow.skip(member.stored, hasher)
    return hasher.hexdigest()


def _whiteout(path: bytes, name: bytes, whiteouts: list[str], opaque: list[str]) -> None:
    above = path[: -len(name)].rstrip(b"/")
    if name == _OPAQUE:
        opaque.append(_text(above))
    elif not name.startswith(_AUFS):
        hidden = name[len(_WHITEOUT) :]
        if hidden in (b"", b".", b".."):
            raise ImageDamaged(
                "A layer holds a whiteout of nothing.", hint="Save or download the image again."
            )
        whiteouts.append(_text(above + b"/" + hidden if above else hidden))


def _clean(name: bytes) -> bytes:
    """The path from the image's root, without "." and with ".." resolved. "" is the root."""
    if b"\0" in name:
        raise ImageDamaged("A layer holds a name with a NUL byte.", hint="Save or download the image again.")
    name = name.strip(b"/").removeprefix(b"./")
    if b"./" not in name and b"//" not in name and not name.endswith(b"."):
        return name
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            if not parts:
                shown = name[:100].decode("utf-8", "replace")
                raise absurd(f"a layer lists the path {shown!r}, which leads out of the image")
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def _target(kind: Kind, link: bytes) -> str:
    if kind == "symlink":
        return _text(link)
    return _text(_clean(link)) if kind == "hardlink" else ""


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")

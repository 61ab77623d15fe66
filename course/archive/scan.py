"""Reads an image's whole archive in one pass, as it comes: documents are kept, layers parsed at once.

The manifest comes last, so it can't be known yet which blobs are layers of the image that was asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath

from course.archive import limits
from course.archive.flow import Flow, Piece, compression, unpacked
from course.archive.layer import Budget, Content, absurd, read_layer
from course.archive.manifest import digest_of
from course.archive.tar import Member, members
from course.errors import CourseError, ImageDamaged, NotAnImage

_DOCUMENT = b"{[ \n"  # how JSON starts
_SMALLEST = (
    512  # bytes; no tar is smaller. Engines before 25 write a VERSION of three bytes beside each layer
)


@dataclass(frozen=True)
class Read:
    """A layer's blob that was read."""

    content: Content
    stored: int  # bytes of the blob as stored
    packed: str  # "gzip", "zstd", or "" for not at all
    blob: str  # sha256:… of the blob as stored, computed here; "" where the diff ID was asked for instead
    diff_id: str = ""  # sha256:… of the uncompressed tar, computed here


@dataclass
class Scan:
    """What a pass over an archive found."""

    documents: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, Read | CourseError] = field(
        default_factory=dict
    )  # a blob that is no layer has its error
    links: dict[str, str] = field(default_factory=dict)

    def document(self, member: str) -> bytes | None:
        """A document by its member's name."""
        return self.documents.get(self.links.get(member, member))

    def read(self, member: str) -> Read:
        """A layer by its member's name. Raises what reading it raised; ImageDamaged if it isn't there."""
        found = self.blobs.get(self.links.get(member, member))
        if found is None:
            raise missing(member)
        if isinstance(found, CourseError):
            raise found
        return found


def scan(
    pieces: Iterator[Piece],
    *,
    on_read: Callable[[str, Read], None] | None = None,
    known: Callable[[str], Content | None] | None = None,
) -> Scan:
    """Reads an uncompressed archive to its end. `on_read` is told each layer's member and what was read.

    With `on_read`, layers' diff IDs are computed, so that the listener can tell which layer it is; else only
    the digests of the blobs as stored, which costs half as much. `known`: what a layer lists, by its blob's
    digest, where that was read before; without `on_read` such a blob is hashed and not unpacked.
    Raises NotAnImage if it is no tar, ImageDamaged if it is cut off or absurd.
    """
    flow = Flow(pieces)
    found = Scan()
    budget = Budget()
    kept = count = 0
    for member in members(flow):
        count += 1
        if count > limits.MOST_MEMBERS:
            raise absurd(f"it consists of more than {limits.MOST_MEMBERS:,} parts")
        name = normpath(member.name.decode("utf-8", "surrogateescape"))
        if member.kind == ord("2"):
            found.links[name] = normpath(join(dirname(name), member.link.decode("utf-8", "surrogateescape")))
        if not member.stored:
            continue
        start = flow.peek(min(16, member.stored))
        if start[:1] in _DOCUMENT or name.endswith(".json"):
            if member.stored <= limits.MOST_JSON and kept + member.stored <= limits.MOST_DOCUMENTS:
                found.documents[name] = flow.take(member.stored)
                kept += member.stored
        elif member.stored >= _SMALLEST or start[:2] == b"\x1f\x8b" or name.startswith("blobs/"):
            content = known(digest_of(name)) if known and not on_read else None
            if content:
                found.blobs[name] = _again(flow, member, name, content)
            else:
                found.blobs[name] = _blob(flow, member, name, budget, on_read)
    flow.drain()
    return found


def _blob(
    flow: Flow, member: Member, name: str, budget: Budget, on_read: Callable[[str, Read], None] | None
) -> Read | CourseError:
    end = flow.position + member.stored
    try:
        read = read_blob(flow.pieces(member.stored), member.stored, budget, identify=on_read is not None)
    except (NotAnImage, ImageDamaged) as error:
        if flow.position < end and not flow.peek(1):
            raise  # the archive itself is cut off
        return error
    if on_read:
        on_read(name, read)
    return read


def _again(flow: Flow, member: Member, name: str, content: Content) -> Read | CourseError:
    """A layer whose bytes were read before, if these are the same."""
    hasher = hashlib.sha256(usedforsecurity=False)
    packed = compression(flow.peek(min(16, member.stored)))
    flow.skip(member.stored, hasher)
    digest = f"sha256:{hasher.hexdigest()}"
    try:
        return verified(Read(content, member.stored, packed, digest, "" if packed else digest), name)
    except ImageDamaged as error:
        return error


def read_blob(pieces: Iterator[Piece], size: int, budget: Budget, *, identify: bool = False) -> Read:
    """Reads one layer's blob. Raises NotAnImage or ImageDamaged.

    `identify`: compute the diff ID, not the blob's own digest (the two are one where it is not packed).
    """
    hasher = hashlib.sha256(usedforsecurity=False)
    outside = Flow(pieces)
    packed = compression(outside.peek(16))
    inside = packed and identify
    stored: Iterator[Piece] = outside.pieces(size)
    plain = unpacked(stored if inside else _hashed(stored, hasher), packed)
    content = read_layer(Flow(_hashed(plain, hasher) if inside else plain), budget)
    outside.drain()
    digest = f"sha256:{hasher.hexdigest()}"
    return Read(content, size, packed, "" if inside else digest, digest if inside or not packed else "")


def _hashed(pieces: Iterator[Piece], hasher: hashlib._Hash) -> Iterator[Piece]:
    for piece in pieces:
        hasher.update(piece)
        yield piece


def missing(member: str) -> ImageDamaged:
    """The error for a layer that the manifest names and the archive lacks."""
    return ImageDamaged(
        f"The archive lacks a layer that its manifest names: {member[:90]}.",
        hint="Save or download it again.",
    )


def verified(read: Read, member: str) -> Read:
    """`read`, if its bytes are those that its member's name promises. Raises ImageDamaged."""
    promised = digest_of(member)
    if promised.startswith("sha256:") and promised != read.blob:
        raise ImageDamaged(
            f"A layer's bytes are not those of its digest {promised[:19]}….",
            hint="Save or download it again.",
        )
    return read

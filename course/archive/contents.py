"""An image's archive, member by member, with the files' contents: for who has to look into them.

Everything that the engine sends is here: documents that belong to no layer, and layers in the stream's order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import normpath

import docker

from course.archive import limits
from course.archive.flow import Flow, Piece, compression, unpacked
from course.archive.layer import Budget, absurd
from course.archive.tar import Member, members
from course.archive.wire import image_stream

_DOCUMENT = b"{["
_SMALLEST = 512  # bytes; no tar is smaller


@dataclass(frozen=True)
class Document:
    """A JSON document of the archive: a manifest, an index, a configuration, an attestation."""

    name: str
    body: bytes


@dataclass(frozen=True)
class File:
    """One member of a layer. Its content has to be taken from `pieces` before the next one comes."""

    blob: str  # the layer's name in the archive: "blobs/sha256/…"
    member: Member
    pieces: Iterator[Piece]


def contents(
    client: docker.DockerClient, name: str, *, skip: frozenset[str] = frozenset()
) -> Iterator[Document | File]:
    """All that `docker save` has of the image. `skip`: digests of layers, as they are stored, that nobody
    wants to look into. Raises ImageNotFound, ImageDamaged, NotAnImage or EngineError."""
    with image_stream(client, name) as pieces:
        yield from in_archive(pieces, skip)


def in_archive(pieces: Iterator[Piece], skip: frozenset[str] = frozenset()) -> Iterator[Document | File]:
    """The same of an archive's bytes."""
    flow, budget = Flow(pieces), Budget()
    for count, member in enumerate(members(flow)):
        if count > limits.MOST_MEMBERS:
            raise absurd(f"it consists of more than {limits.MOST_MEMBERS:,} parts")
        name = normpath(member.name.decode("utf-8", "surrogateescape"))
        if not member.stored or "sha256:" + name.rpartition("/")[2] in skip:
            continue
        start = flow.peek(min(16, member.stored))
        if start[:1] in _DOCUMENT and member.stored <= limits.MOST_DOCUMENTS:
            yield Document(name, flow.take(member.stored))
        elif member.stored >= _SMALLEST or name.startswith("blobs/"):
            yield from _files(flow.pieces(member.stored), name, budget)


def _files(stored: Iterator[Piece], blob: str, budget: Budget) -> Iterator[File]:
    outside = Flow(stored)
    layer = Flow(unpacked(_rest(outside), compression(outside.peek(16))))
    for member in members(layer):
        budget.charge(member)
        yield File(blob, member, layer.pieces(member.stored))
    layer.drain()
    outside.drain()


def _rest(flow: Flow) -> Iterator[Piece]:
    while piece := flow.take(limits.PIECE):
        yield piece

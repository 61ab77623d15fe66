"""Where in an image a canary is: in which file of which layer, or in which of its documents."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checkers.canary.budget import Budget
from checkers.canary.documents import texts
from checkers.canary.look import look
from checkers.canary.secret import Canary
from checkers.canary.spool import Spool
from course.archive import Document, File
from course.layers import Image, Layer

_PIECE = 1 << 20  # bytes of names that are looked through at once
_BETWEEN = b"\x01"  # stands in no name, and in no text that could be decoded


@dataclass(frozen=True)
class Find:
    """One place. `wrapped`: what has to be taken off to read it, the outermost first; () is plain text."""

    where: str  # "its content", "its name", "its link", "an attribute of it", or a place in a document: Env
    path: str = ""  # of the file, with a slash; "" in a document
    layer: Layer | None = None
    document: str = ""  # "configuration" or "history", else the document's name; "" in a layer
    index: int | None = None  # the entry of the history
    hidden: bool = False  # a later layer hides the file
    wrapped: tuple[str, ...] = ()

    @property
    def how(self) -> str:
        """How it is written there: "plain", "gzip in base64"."""
        return " in ".join(reversed(self.wrapped)) or "plain"


def finds(parts: Iterable[Document | File], image: Image, canary: Canary, budget: Budget) -> Iterator[Find]:
    """The places in `parts`, an archive's, of the image that `image` describes. Raises TooMuchInside."""
    layers = {layer.digest.removeprefix("sha256:"): layer for layer in image.layers if layer.digest}
    names: list[tuple[File, str, bytes]] = []
    size = 0
    for part in parts:
        if isinstance(part, Document):
            yield from _in_document(part, canary, budget)
            continue
        for where, text in _texts(part):
            names.append((part, where, text))
            size += len(text)
        with Spool(budget) as spool:
            wrapped = look(spool.fill(part.pieces).view(), canary, budget) if part.member.stored else None
        if wrapped is not None:
            yield _find(part, "its content", wrapped, layers, image)
        if size > _PIECE:
            yield from _in_names(names, layers, image, canary, budget)
            names, size = [], 0
    yield from _in_names(names, layers, image, canary, budget)


def _texts(file: File) -> Iterator[tuple[str, bytes]]:
    yield "its name", file.member.name
    if file.member.link:
        yield "its link", file.member.link
    for key, value in file.member.records.items():
        if key not in (b"path", b"linkpath"):
            yield "an attribute of it", key + b"=" + value


def _in_names(
    names: list[tuple[File, str, bytes]],
    layers: dict[str, Layer],
    image: Image,
    canary: Canary,
    budget: Budget,
) -> Iterator[Find]:
    """Looks at all of them in one, and at each only where there is something to find."""
    if look(_BETWEEN.join(text for _, _, text in names), canary, budget) is None:
        return
    for file, where, text in names:
        wrapped = look(text, canary, budget)
        if wrapped is not None:
            yield _find(file, where, wrapped, layers, image)


def _find(file: File, where: str, wrapped: tuple[str, ...], layers: dict[str, Layer], image: Image) -> Find:
    path = os.fsdecode(file.member.name).removeprefix("./").strip("/")
    layer = layers.get(file.blob.rpartition("/")[2])
    node = image.tree.get(path)
    hidden = layer is not None and (node is None or node.layer != layer.index)
    return Find(where, f"/{path}", layer, hidden=hidden, wrapped=wrapped)


def _in_document(document: Document, canary: Canary, budget: Budget) -> Iterator[Find]:
    try:
        said = json.loads(document.body)
    except (ValueError, RecursionError):
        said = None
    if said is None:  # not a document after all: whatever it is, it is in the archive
        wrapped = look(document.body, canary, budget)
        if wrapped is not None:
            yield Find("its content", document=document.name, wrapped=wrapped)
        return
    configures = isinstance(said, dict) and "rootfs" in said
    for way, text in texts(said):
        wrapped = look(text.encode("utf-8", "surrogatepass"), canary, budget)
        if wrapped is None:
            continue
        if configures and way[:1] == ("history",):
            index = way[1] if len(way) > 1 and isinstance(way[1], int) else None
            yield Find(str(way[-1]), document="history", index=index, wrapped=wrapped)
        elif configures:
            named = [str(one) for one in way if isinstance(one, str) and one != "config"]
            yield Find(named[0] if named else "", document="configuration", wrapped=wrapped)
        else:
            yield Find(".".join(map(str, way))[:80], document=document.name, wrapped=wrapped)

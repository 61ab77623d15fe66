"""Images beside one another: what differs, what they share, and contents that occur more than once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from course.layers.image import Image
from course.layers.model import Entry, Layer
from course.layers.tree import Node, seen


@dataclass(frozen=True, slots=True)
class Duplicate:
    """One content that a container sees at several paths (hard links to it are no second copy)."""

    digest: str
    size: int  # bytes of one copy
    paths: tuple[str, ...]  # one of each copy, sorted
    layers: tuple[int, ...]  # the layer of each copy

    @property
    def spare_bytes(self) -> int:
        """What all copies but one take."""
        return self.size * (len(self.paths) - 1)


def duplicates(image: Image) -> tuple[Duplicate, ...]:
    """The same content at different paths of the final tree, largest waste first. Empty files don't count."""
    found: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for inode, paths in image.tree.inodes().items():
        if inode.entry.size and inode.entry.digest:
            found.setdefault((inode.entry.digest, inode.entry.size), []).append((paths[0], inode.layer))
    several = [
        Duplicate(digest, size, *zip(*sorted(copies), strict=True))
        for (digest, size), copies in found.items()
        if len(copies) > 1
    ]
    return tuple(sorted(several, key=lambda one: (-one.spare_bytes, one.paths)))


@dataclass(frozen=True, slots=True)
class SharedLayer:
    """A layer, with all below it, that an engine keeps once for several images."""

    layer: Layer  # as the first of the images has it
    images: tuple[str, ...]  # the names of those that stand on it

    @property
    def shared(self) -> bool:
        """Whether more than one image stands on it."""
        return len(self.images) > 1


@dataclass(frozen=True)
class Sharing:
    """How some images share their layers on an engine's disk."""

    images: tuple[str, ...]
    layers: tuple[SharedLayer, ...]  # each once; one that stands on another comes after it

    @property
    def apart_bytes(self) -> int:
        """What the images would take if nothing were shared (`Layer.shown_bytes` of each)."""
        return sum(one.layer.shown_bytes * len(one.images) for one in self.layers)

    @property
    def stored_bytes(self) -> int:
        """What they take together."""
        return sum(one.layer.shown_bytes for one in self.layers)


def shared(images: Sequence[Image]) -> Sharing:
    """Which layers the images share. Outlines (without files) are enough.

    An engine shares a layer only together with all layers below it: the same content on another base is
    unpacked again (the "chain ID" of the OCI image specification, config.md).
    """
    users: dict[tuple[str, ...], list[str]] = {}
    first: dict[tuple[str, ...], Layer] = {}
    for image in images:
        chain: tuple[str, ...] = ()
        for layer in image.layers:
            chain = (*chain, layer.diff_id or layer.digest or f"{image.name}#{layer.index}")
            names = users.setdefault(chain, [])
            if image.name not in names:
                names.append(image.name)
            first.setdefault(chain, layer)
    found = tuple(SharedLayer(first[chain], tuple(names)) for chain, names in users.items())
    return Sharing(tuple(dict.fromkeys(image.name for image in images)), found)


@dataclass(frozen=True, slots=True)
class Difference:
    """A path that a container of one image sees otherwise than one of the other."""

    path: str
    what: Literal["added", "changed", "removed"]
    before: Entry | None  # in the first image
    after: Entry | None  # in the second
    size_change: int  # bytes; a hard link counts as the file it is


@dataclass(frozen=True)
class Comparison:
    """What turns the first image into the second."""

    before: str  # the first image's name
    after: str
    common_layers: int  # how many layers, from the bottom, are the same
    files: tuple[Difference, ...]  # by path
    config: tuple[tuple[str, Any, Any], ...]  # key of the configuration, its value before and after
    bytes_before: int  # contents of all layers
    bytes_after: int

    @property
    def empty(self) -> bool:
        """Whether containers of both see the same files and run the same way."""
        return not (self.files or self.config)


def compare(before: Image, after: Image) -> Comparison:
    """Compares two images by what a container of each would see. Times of files are not looked at."""
    common = 0
    for mine, theirs in zip(before.layers, after.layers, strict=False):
        if not mine.diff_id or mine.diff_id != theirs.diff_id:
            break
        common += 1
    old, new = dict(before.tree.walk()), dict(after.tree.walk())
    files = [_difference(path, old.get(path), new.get(path)) for path in sorted({*old, *new})]
    keys = sorted({*before.config, *after.config})
    pairs = [(key, before.config.get(key), after.config.get(key)) for key in keys]
    return Comparison(
        before=before.name,
        after=after.name,
        common_layers=common,
        files=tuple(found for found in files if found),
        config=tuple(pair for pair in pairs if pair[1] != pair[2]),
        bytes_before=before.tar_bytes,
        bytes_after=after.tar_bytes,
    )


def _difference(path: str, old: Node | None, new: Node | None) -> Difference | None:
    if old and new:
        if seen(old) == seen(new):
            return None
        return Difference(path, "changed", old.entry, new.entry, new.size - old.size)
    if new:
        return Difference(path, "added", None, new.entry, new.size)
    assert old  # noqa: S101  the path came from one of the two
    return Difference(path, "removed", old.entry, None, -old.size)

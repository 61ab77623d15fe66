"""Lays the layers one on another and writes down what each hides, adds, changes and removes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from course.layers.model import Entry, Layer
from course.layers.tree import Cause, FileTree, Inode, seen

What = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A file's bytes that a layer holds and the image's final tree doesn't show."""

    path: str
    size: int  # bytes
    layer: int  # index of the layer that holds them
    hidden_by: int  # index of the layer that hides them; the same one if its tar lists the path twice
    cause: (
        Cause  # rewritten (a new copy), deleted (whiteout), opaque (directory emptied), replaced (other kind)
    )
    same_content: bool = False  # rewritten with the same bytes: a chmod, chown or touch


@dataclass(frozen=True, slots=True)
class Change:
    """What one layer does to one path, compared with the layers below it."""

    layer: int
    path: str
    what: What
    entry: Entry | None  # as it is after this layer; None for what was removed
    before: Entry | None  # as it was; None for what was added, and for a directory that no layer lists


@dataclass(frozen=True)
class Replay:
    """What came out of laying all layers."""

    tree: FileTree
    hidden: tuple[Hidden, ...]  # in the order in which it happens, bottom first


def replay(layers: tuple[Layer, ...]) -> Replay:
    """Lays the layers, bottom first."""
    dropped: list[tuple[Inode, int, Cause]] = []
    tree = FileTree(dropped=lambda inode, layer, cause: dropped.append((inode, layer, cause)))
    hidden: list[Hidden] = []
    for layer in layers:
        tree.apply(layer)
        for inode, by, cause in dropped:
            entry = inode.entry
            hidden.append(Hidden(entry.path, entry.size, inode.layer, by, cause, _same(tree, entry, cause)))
        dropped.clear()
    return Replay(tree, tuple(hidden))


def _same(tree: FileTree, old: Entry, cause: Cause) -> bool:
    if cause != "rewritten" or not old.digest:
        return False
    node = tree.get(old.path)
    return node is not None and node.digest == old.digest and node.size == old.size


def changes(layers: tuple[Layer, ...]) -> tuple[tuple[Change, ...], ...]:
    """For each layer, what it does to the tree of those below it, in order of path.

    A file that is listed again with the same bytes and metadata is "changed": it takes its size once more.
    A directory that is listed only because of what lies in it is left out.
    """
    tree = FileTree()
    return tuple(_changes(tree, layer) for layer in layers)


def _changes(tree: FileTree, layer: Layer) -> tuple[Change, ...]:
    """Lays `layer` on `tree`, and tells what that did."""
    before: dict[str, tuple[Entry | None, tuple[object, ...]]] = {}
    listed = {entry.path: entry for entry in layer.entries if entry.path}
    gone = [(path, tree.get(path)) for path in layer.whiteouts]
    gone += [(path, node) for path in listed if (node := tree.get(path))]
    for path, node in gone:
        if node is not None:
            before[path] = (node.entry, seen(node))
            if path not in listed or listed[path].kind != "dir":
                before.update({below: (one.entry, seen(one)) for below, one in tree.walk(node, path)})
    for path in layer.opaque:
        if emptied := tree.get(path):
            before.update({below: (one.entry, seen(one)) for below, one in tree.walk(emptied, path)})
    tree.apply(layer)
    found: list[Change] = []
    for path in sorted({*before, *listed}):
        after = tree.get(path)
        if after is None:
            found.append(Change(layer.index, path, "removed", None, before[path][0]))
        elif path not in before:
            found.append(Change(layer.index, path, "added", _entry(path, after.entry), None))
        elif before[path][1] != seen(after) or (path in listed and listed[path].kind == "file"):
            found.append(Change(layer.index, path, "changed", _entry(path, after.entry), before[path][0]))
    return tuple(found)


def _entry(path: str, entry: Entry | None) -> Entry:
    if entry is None:
        return Entry(path, "dir", mode=0o755)
    return entry if entry.path == path else replace(entry, path=path)

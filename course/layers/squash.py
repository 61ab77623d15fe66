"""Two layers made one: what `docker build --squash` would have written instead.

Laying the result on anything gives what laying the two, one after the other, gives; so squashing is
associative. That holds for layers that list the directory of each path and whiteout, as engines write them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from course.layers.model import Entry, Layer


class _Node:
    """One path of a layer's changes."""

    __slots__ = ("children", "content", "entry", "gone", "opaque")

    def __init__(self, entry: Entry | None = None, content: Entry | None = None) -> None:
        self.entry = entry
        self.content = content  # the file that `entry` is or links to, where that lies in the two layers
        self.children: dict[str, _Node] = {}
        self.gone = False  # a whiteout stands here
        self.opaque = False  # what lower layers hold in it is not shown

    @property
    def directory(self) -> bool:
        return not self.gone and (self.entry is None or self.entry.kind == "dir")


def squash(lower: Layer, upper: Layer) -> Layer:
    """One layer with the effect of both. It has the upper's place and instruction, and no digest."""
    root = _Node()
    for layer in (lower, upper):
        _lay(root, layer)
    nodes = list(_walk(root))
    entries = tuple(_entries(nodes))
    return Layer(
        index=upper.index,
        instruction=upper.instruction,
        line=upper.line,
        tar_bytes=sum(entry.size for entry in entries),
        entries=entries,
        whiteouts=tuple(path for path, node in nodes if node.gone),
        opaque=tuple(path for path, node in nodes if node.opaque),
    )


def _lay(root: _Node, layer: Layer) -> None:
    before = {
        entry.target: _content(root, entry.target) for entry in layer.entries if entry.kind == "hardlink"
    }
    for path in layer.whiteouts:
        above, _, name = path.rpartition("/")
        if not _has_room(root, above):
            continue
        parent, shut = _reach(root, above)
        parent.children.pop(name, None)
        if not shut:  # else nothing of a lower layer shows there anyway
            parent.children[name] = _Node()
            parent.children[name].gone = True
    for path in layer.opaque:
        if not _has_room(root, path):
            continue
        node, shut = _reach(root, path)
        node.children.clear()
        node.opaque = node.opaque or not shut
    for entry in layer.entries:
        if entry.kind == "dir":
            _reach(root, entry.path)[0].entry = entry
            continue
        content = entry if entry.kind == "file" else None
        if entry.kind == "hardlink":
            content = _content(root, entry.target) or before[entry.target]
        parent, _ = _reach(root, entry.path.rpartition("/")[0])
        parent.children[entry.path.rpartition("/")[2]] = _Node(entry, content)


def _reach(root: _Node, path: str) -> tuple[_Node, bool]:
    """The directory at `path`, made if need be; and whether what lower layers hold in it is shut out."""
    node, shut = root, root.opaque
    for part in filter(None, path.split("/")):
        below = node.children.get(part)
        if below is None:
            below = node.children[part] = _Node()
        elif not below.directory:
            # It hid what lower layers have there, and the directory in its place goes on hiding it.
            below = node.children[part] = _Node()
            below.opaque = not shut
        node, shut = below, shut or below.opaque
    return node, shut


def _has_room(root: _Node, path: str) -> bool:
    """Whether a directory is at `path`, or may be in a lower layer: else there is nothing in it to hide."""
    node: _Node | None = root
    for part in filter(None, path.split("/")):
        node = node.children.get(part) if node else None
        if node and not node.directory:
            return False
    return True


def _content(root: _Node, path: str) -> Entry | None:
    node: _Node | None = root
    for part in filter(None, path.split("/")):
        node = node.children.get(part) if node else None
    return node.content if node else None


def _walk(root: _Node) -> Iterator[tuple[str, _Node]]:
    stack = [("", root)]
    while stack:
        path, node = stack.pop()
        yield path, node
        stack += [
            (f"{path}/{name}" if path else name, below) for name, below in sorted(node.children.items())[::-1]
        ]


def _entries(nodes: list[tuple[str, _Node]]) -> Iterator[Entry]:
    """All entries; the first path of each content is its file, the others link to it."""
    holders: dict[int, str] = {}
    links: list[Entry] = []
    for path, node in nodes:
        if node.content is not None and id(node.content) in holders:
            links.append(Entry(path, "hardlink", target=holders[id(node.content)]))
        elif node.content is not None:
            holders[id(node.content)] = path
            yield replace(node.content, path=path)
        elif node.entry and node.entry.kind == "hardlink":  # to a file of a layer below the two
            links.append(node.entry)
        elif node.entry:
            yield node.entry
    yield from links

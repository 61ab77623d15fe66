"""What a container sees: the layers' entries laid over one another.

The rules are those of the OCI image specification (layer.md): whiteouts act on lower layers only, a directory
over a directory merges, anything else replaces what was there. Each layer is taken by itself, as engines
unpack it: a path that leads through a lower layer's symlink makes a directory in the symlink's place, and
what lies in a directory (a whiteout too) makes that directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from course.layers.model import Entry, Layer

Cause = Literal["rewritten", "deleted", "opaque", "replaced"]
_FILES = ("file", "hardlink")


class Inode:
    """The content of one file: several paths can name it (hard links), and it is hidden when none does."""

    __slots__ = ("entry", "layer", "links")

    def __init__(self, entry: Entry, layer: int) -> None:
        self.entry = entry
        self.layer = layer  # the index of the layer that holds the bytes
        self.links = 0


class Node:
    """One path of the tree. Read it; only `FileTree` changes it."""

    __slots__ = ("children", "entry", "inode", "layer")

    def __init__(self, entry: Entry | None, layer: int) -> None:
        self.entry = entry  # None: a directory that no layer lists, but something lies in it
        self.layer = layer  # the index of the layer that `entry` comes from
        self.children: dict[str, Node] | None = {} if entry is None or entry.kind == "dir" else None
        self.inode: Inode | None = None  # of a file, or of a hard link whose target is there

    @property
    def size(self) -> int:
        """Bytes of content; the same for each of a file's hard links."""
        return self.inode.entry.size if self.inode else 0

    @property
    def digest(self) -> str:
        """Of the content, also for a hard link."""
        return self.inode.entry.digest if self.inode else ""


# Told of each content that no path names any more: whose it was, by which layer, and why.
Dropped = Callable[[Inode, int, Cause], None]


class FileTree:
    """The merged tree of some layers; it grows with `apply`. Equal trees look the same to a container."""

    def __init__(self, layers: tuple[Layer, ...] = (), dropped: Dropped | None = None) -> None:
        self.root = Node(None, -1)
        self._dropped = dropped
        for layer in layers:
            self.apply(layer)

    def apply(self, layer: Layer) -> None:
        """Lays one more layer on top."""
        outside = self._links_to_lower(layer)
        for inode in outside.values():  # held while the whiteouts act
            inode.links += 1
        for path in layer.whiteouts:
            self._remove(path, layer.index, "deleted")
        for path in layer.opaque:
            self._clear(path, layer.index)
        for entry in layer.entries:
            self._put(entry, layer.index, outside)
        for inode in outside.values():
            self._release(inode, layer.index, "deleted")

    def get(self, path: str) -> Node | None:
        """What is at a path, None for nothing. Symlinks are not followed."""
        parent, name = self._parent(path, create=None)
        if parent is None or parent.children is None:
            return None
        return parent.children.get(name) if name else self.root

    def walk(self, start: Node | None = None, prefix: str = "") -> Iterator[tuple[str, Node]]:
        """Every path with its node, a directory before its content, names sorted. The root is left out."""
        stack = [(prefix, start or self.root)]
        while stack:
            path, node = stack.pop()
            if node is not (start or self.root):
                yield path, node
            lead = f"{path}/" if path else ""
            for name, child in sorted((node.children or {}).items(), reverse=True):
                stack.append((lead + name, child))

    def inodes(self) -> dict[Inode, list[str]]:
        """Each visible content with all its paths."""
        found: dict[Inode, list[str]] = {}
        for path, node in self.walk():
            if node.inode:
                found.setdefault(node.inode, []).append(path)
        return found

    @property
    def bytes(self) -> int:
        """All visible contents, each once: what the files of a `docker export` add up to."""
        return sum(inode.entry.size for inode in self.inodes())

    def listing(self) -> dict[str, tuple[object, ...]]:
        """Path → what a container sees there: kind, size, mode, owner, target, content."""
        return {path: seen(node) for path, node in self.walk()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileTree) and self.listing() == other.listing()

    __hash__ = None  # type: ignore[assignment]  # it grows

    def _put(self, entry: Entry, layer: int, outside: dict[str, Inode]) -> None:
        parent, name = self._parent(entry.path, create=layer)
        if parent is None or parent.children is None:
            return
        if not name:  # the root itself
            self.root.entry, self.root.layer = entry, layer
            return
        old = parent.children.get(name)
        if old is not None and old.children is not None and entry.kind == "dir":
            old.entry, old.layer = entry, layer
            return
        node = Node(entry, layer)
        if entry.kind == "file":
            node.inode = Inode(entry, layer)
        elif entry.kind == "hardlink":
            target = self.get(entry.target)
            node.inode = target.inode if target and target.inode else outside.get(entry.target)
        if node.inode:
            node.inode.links += 1
        if old is not None:
            same = old.children is None and (old.entry is not None and old.entry.kind in _FILES)
            self._drop(old, layer, "rewritten" if same and entry.kind in _FILES else "replaced")
        parent.children[name] = node

    def _links_to_lower(self, layer: Layer) -> dict[str, Inode]:
        """The contents of lower layers that this one's hard links name: its whiteouts spare those."""
        if not layer.whiteouts and not layer.opaque:
            return {}
        found: dict[str, Inode] = {}
        for entry in layer.entries:
            if entry.kind == "hardlink":
                node = self.get(entry.target)
                if node and node.inode:
                    found[entry.target] = node.inode
        return found

    def _remove(self, path: str, layer: int, cause: Cause) -> None:
        parent, name = self._parent(path, create=layer)
        old = parent.children.pop(name, None) if parent and parent.children else None
        if old is not None:
            self._drop(old, layer, cause)

    def _clear(self, path: str, layer: int) -> None:
        node, _ = self._parent(f"{path}/." if path else "", create=layer)
        if node is not None and node.children:
            children = list(node.children.values())
            node.children.clear()
            for child in children:
                self._drop(child, layer, "opaque")

    def _drop(self, node: Node, layer: int, cause: Cause) -> None:
        stack = [node]
        while stack:
            one = stack.pop()
            stack.extend((one.children or {}).values())
            if one.inode:
                self._release(one.inode, layer, cause)

    def _release(self, inode: Inode, layer: int, cause: Cause) -> None:
        inode.links -= 1
        if inode.links == 0 and self._dropped:
            self._dropped(inode, layer, cause)

    def _parent(self, path: str, create: int | None) -> tuple[Node | None, str]:
        """The directory that a path lies in, and its last part. `create` makes it, for that layer."""
        *above, name = path.split("/")
        node = self.root
        for part in above:
            here = node.children
            assert here is not None  # noqa: S101  only directories are entered
            below = here.get(part)
            if below is None or below.children is None:
                if create is None:
                    return None, name
                if below is not None:
                    self._drop(below, create, "replaced")
                below = here[part] = Node(None, create)
            node = below
        return node, name


def seen(node: Node) -> tuple[object, ...]:
    """What a container can tell of a path. A hard link looks like the file that it is."""
    if node.inode:
        real = node.inode.entry
        return "file", real.size, real.mode, real.uid, real.gid, "", real.digest
    if node.entry is None:
        return "dir", 0, 0o755, 0, 0, "", ""  # as engines make a directory that no layer lists
    one = node.entry
    return one.kind, 0, one.mode, one.uid, one.gid, one.target, ""

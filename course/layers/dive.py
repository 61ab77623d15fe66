"""The score that the program dive would give, beside ours.

dive (github.com/wagoodman/dive, dive/filetree/efficiency.go) adds up, for every path that is a leaf in some
layer, the sizes it has in all layers, and takes the smallest of them for what is needed. Its "wasted space"
is the sum over the paths that occur twice or more. So it counts the copy that you keep, and misses
`rm -rf directory`: the whiteout is the only place where the directory is a leaf.
"""

from __future__ import annotations

from dataclasses import dataclass

from course.layers.model import Layer
from course.layers.tree import FileTree


@dataclass(frozen=True, slots=True)
class DiveItem:
    """A path that occurs in several layers."""

    path: str
    bytes: int  # in all layers together, the copy that is kept included
    times: int  # in how many layers, a deletion counting as one


@dataclass(frozen=True, slots=True)
class DiveScore:
    """dive's two figures and what they are made of."""

    efficiency: float  # 0.0 to 1.0
    wasted_bytes: int
    items: tuple[DiveItem, ...]  # largest first


def dive(layers: tuple[Layer, ...]) -> DiveScore:
    """dive's arithmetic over these layers, bottom first."""
    once: dict[str, int] = {}  # path → bytes, of the many that occur in one layer only
    several: dict[str, tuple[int, int, int]] = {}  # path → bytes, the smallest, how many times
    tree = FileTree()
    laid = 0  # how many layers the tree holds: it is needed only where something is deleted
    for position, layer in enumerate(layers):
        if layer.whiteouts:
            for below in layers[laid:position]:
                tree.apply(below)
            laid = position
        sizes = {entry.path: entry.size for entry in layer.entries}
        inner = _directories([*sizes, *layer.whiteouts])
        leaves = [(path, size) for path, size in sizes.items() if path not in inner and path]
        leaves += [(path, _deleted(tree, path)) for path in layer.whiteouts]
        for path, size in leaves:
            if path in several:
                total, smallest, times = several[path]
                several[path] = (total + size, min(smallest, size), times + 1)
            elif path in once:
                first = once.pop(path)
                several[path] = (first + size, min(first, size), 2)
            else:
                once[path] = size
    needed = sum(once.values()) + sum(smallest for _, smallest, _ in several.values())
    everything = sum(once.values()) + sum(total for total, _, _ in several.values())
    items = [DiveItem(path, total, times) for path, (total, _, times) in several.items()]
    items.sort(key=lambda item: (-item.bytes, item.path))
    return DiveScore(
        needed / everything if everything else 1.0, sum(item.bytes for item in items), tuple(items)
    )


def _directories(paths: list[str]) -> set[str]:
    """All directories above these paths."""
    found: set[str] = set()
    for path in paths:
        above = path.rpartition("/")[0]
        while above and above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found


def _deleted(tree: FileTree, path: str) -> int:
    """What dive counts for a whiteout: a directory's content, and nothing for a file."""
    node = tree.get(path)
    if node is None or node.entry is None or node.entry.kind != "dir":
        return 0
    return sum(below.entry.size for _, below in tree.walk(node) if below.entry)

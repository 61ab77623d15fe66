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
    totals: dict[str, list[int]] = {}  # path → bytes, smallest, times
    tree = FileTree()
    for layer in layers:
        sizes = {entry.path: entry.size for entry in layer.entries}
        inner = _directories([*sizes, *layer.whiteouts])
        leaves = [(path, size) for path, size in sizes.items() if path not in inner and path]
        leaves += [(path, _deleted(tree, path)) for path in layer.whiteouts]
        for path, size in leaves:
            seen = totals.setdefault(path, [0, size, 0])
            seen[0] += size
            seen[1] = min(seen[1], size)
            seen[2] += 1
        tree.apply(layer)
    everything = sum(seen[0] for seen in totals.values())
    needed = sum(seen[1] for seen in totals.values())
    items = [DiveItem(path, seen[0], seen[2]) for path, seen in totals.items() if seen[2] > 1]
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

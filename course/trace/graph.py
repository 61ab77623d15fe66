"""Orders and paths in the build graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Node(Protocol):
    """What the functions below need to know of a vertex."""

    @property
    def inputs(self) -> tuple[str, ...]: ...

    @property
    def seconds(self) -> float: ...


def inputs_first(known: Mapping[str, Node]) -> list[str]:
    """The digests so that each stands behind its inputs; a circle, which BuildKit never sends, is cut."""
    # Depth first without recursion: a Dockerfile may have more steps than Python has stack.
    order: list[str] = []
    state: dict[str, int] = {}  # 1: its inputs are being visited, 2: listed
    for root in known:
        stack = [root]
        while stack:
            digest = stack[-1]
            if state.get(digest, 0) == 0:
                state[digest] = 1
                stack += [name for name in known[digest].inputs if name in known and name not in state]
            else:
                stack.pop()
                if state[digest] == 1:
                    state[digest] = 2
                    order.append(digest)
    return order


def longest_chain(known: Mapping[str, Node]) -> Sequence[str]:
    """The digests of the chain of inputs whose times add up to the most, first input first."""
    best: dict[str, tuple[float, str | None]] = {}
    for digest in inputs_first(known):
        node = known[digest]
        before = max(((best[name][0], name) for name in node.inputs if name in best), default=(0.0, None))
        best[digest] = (node.seconds + before[0], before[1])
    tip: str | None = max(best, key=lambda digest: best[digest][0], default=None)
    path: list[str] = []
    while tip is not None:
        path.append(tip)
        tip = best[tip][1]
    return path[::-1]

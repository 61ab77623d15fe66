"""What a build was: its vertices, their times and inputs, and what follows from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# "[builder 2/5] RUN make", "[2/5] COPY . .", "[internal] load build context", "exporting to image"
_NAME = re.compile(r"\[(?P<stage>[^\]]*?)\s*(?P<step>\d+)/(?P<steps>\d+)\] (?P<text>.*)", re.DOTALL)


@dataclass(frozen=True)
class BuildWarning:
    """A build check's finding."""

    short: str
    detail: str = ""
    url: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Vertex:
    """One node of the build graph. Times are seconds since the epoch."""

    digest: str
    name: str
    inputs: tuple[str, ...] = ()
    intervals: tuple[tuple[float, float | None], ...] = ()  # it can run several times; None: still running
    cached: bool = False
    error: str = ""
    log: str = ""
    line: int | None = None  # of the Dockerfile

    @property
    def stage(self) -> str | None:
        """The stage's name; "" for the only or an unnamed stage; None for a vertex of no stage."""
        match = _NAME.match(self.name)
        return match["stage"] if match else None

    @property
    def step(self) -> int | None:
        """Its number in its stage, from 1 (the FROM)."""
        match = _NAME.match(self.name)
        return int(match["step"]) if match else None

    @property
    def instruction(self) -> str | None:
        """The instruction as BuildKit writes it, arguments expanded; None for BuildKit's own work."""
        match = _NAME.match(self.name)
        return match["text"] if match else None

    @property
    def seconds(self) -> float:
        """How long it ran, all intervals together; 0.0 if it was cached."""
        return sum(end - start for start, end in self.intervals if end is not None)


@dataclass(frozen=True)
class Build:
    """A build, under way or done. A snapshot: the recorder gives a new one for every look."""

    image: str  # the image's ID, "" while there is none
    vertices: tuple[Vertex, ...]  # in the order in which BuildKit announced them
    warnings: tuple[BuildWarning, ...] = ()
    seconds: float = 0.0  # from the request to the end of the answer, by the client's clock

    @property
    def work_seconds(self) -> float:
        """The steps' times added up: what a builder without parallelism would need."""
        return sum(vertex.seconds for vertex in self.vertices)

    @cached_property
    def critical_path(self) -> tuple[Vertex, ...]:
        """The chain of inputs whose times add up to the most: no parallelism can make the build shorter."""
        known = {vertex.digest: vertex for vertex in self.vertices}
        best: dict[str, tuple[float, str | None]] = {}
        for digest in _inputs_first(known):
            vertex = known[digest]
            before = max(
                ((best[name][0], name) for name in vertex.inputs if name in best), default=(0.0, None)
            )
            best[digest] = (vertex.seconds + before[0], before[1])
        tip: str | None = max(best, key=lambda digest: best[digest][0], default=None)
        path: list[Vertex] = []
        while tip is not None:
            path.append(known[tip])
            tip = best[tip][1]
        return tuple(reversed(path))

    @property
    def critical_path_seconds(self) -> float:
        """The length of `critical_path`."""
        return sum(vertex.seconds for vertex in self.critical_path)

    def to_json(self) -> dict[str, Any]:
        """The stable form that `course build --json` prints."""
        return {
            "image": self.image,
            "seconds": round(self.seconds, 3),
            "work_seconds": round(self.work_seconds, 3),
            "critical_path_seconds": round(self.critical_path_seconds, 3),
            "vertices": [
                {
                    "name": vertex.name,
                    "stage": vertex.stage,
                    "line": vertex.line,
                    "cached": vertex.cached,
                    "reason": "same instruction on the same input" if vertex.cached else None,
                    "seconds": round(vertex.seconds, 3),
                    "error": vertex.error or None,
                }
                for vertex in self.vertices
            ],
            "warnings": [
                {"short": found.short, "detail": found.detail, "url": found.url, "line": found.line}
                for found in self.warnings
            ],
        }


def _inputs_first(known: dict[str, Vertex]) -> list[str]:
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

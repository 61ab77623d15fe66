"""What a build was: its vertices, their times and inputs, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from course.trace.given import Given
from course.trace.graph import inputs_first, longest_chain

# "[builder 2/5] RUN make", "[2/5] COPY . .", "[internal] load build context", "exporting to image"
_NAME = re.compile(r"\[(?P<stage>[^\]]*?)\s*(?P<step>\d+)/(?P<steps>\d+)\] (?P<text>.*)", re.DOTALL)
_EXPORT = ("exporting to ", "unpacking to ", "sending tarball", "copying to ", "pushing ")


@dataclass(frozen=True)
class BuildWarning:
    """A build check's finding."""

    short: str
    detail: str = ""
    url: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Progress:
    """Something inside a vertex with a progress of its own: a download, "exporting layers"."""

    name: str
    current: int = 0
    total: int = 0  # 0: not known
    started: float | None = None
    completed: float | None = None


@dataclass(frozen=True)
class Vertex:
    """One node of the build graph. Times are seconds since the epoch, by the engine's clock."""

    digest: str
    name: str
    inputs: tuple[str, ...] = ()
    intervals: tuple[tuple[float, float | None], ...] = ()  # it can run several times; None: still running
    cached: bool = False
    error: str = ""
    log: str = ""
    line: int | None = None  # of the Dockerfile
    progress: tuple[Progress, ...] = ()

    @cached_property
    def _parts(self) -> tuple[str, str, str, str] | None:
        match = _NAME.match(self.name)
        return (match["stage"], match["step"], match["steps"], match["text"]) if match else None

    @property
    def stage(self) -> str | None:
        """The stage's name; "" for the only or an unnamed stage; None for a vertex of no stage."""
        return self._parts[0] if self._parts else None

    @property
    def step(self) -> str | None:
        """Its place among its stage's steps, such as "2/5"; the first is the FROM. None: of no stage."""
        return f"{self._parts[1]}/{self._parts[2]}" if self._parts else None

    @property
    def number(self) -> int | None:
        """The number in `step`, from 1."""
        return int(self._parts[1]) if self._parts else None

    @property
    def instruction(self) -> str | None:
        """The instruction as BuildKit writes it, arguments expanded; None for BuildKit's own work."""
        return self._parts[3] if self._parts else None

    @property
    def seconds(self) -> float:
        """How long it ran, all intervals together; 0.0 if it was cached."""
        return sum(end - start for start, end in self.intervals if end is not None)

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return bool(self.intervals) and self.intervals[-1][1] is None

    @property
    def state(self) -> str:
        """One of "waiting", "running", "cached", "done", "failed", and "cancelled": another one failed."""
        if "context canceled" in self.error:
            return "cancelled"
        if self.error:
            return "failed"
        if self.cached:
            return "cached"
        if self.running:
            return "running"
        return "done" if self.intervals else "waiting"


@dataclass(frozen=True)
class Build:
    """A build, under way or done. A snapshot: the recorder gives a new one for every look."""

    image: str  # the image's ID, "" while there is none
    vertices: tuple[Vertex, ...]  # in the order in which BuildKit announced them: often the last step first
    warnings: tuple[BuildWarning, ...] = ()
    seconds: float = 0.0  # from the request to the end of the answer, by the client's clock
    given: Given | None = None  # what was asked for; None in a trace of somebody else's build
    error: str = ""  # BuildKit's words, if it failed

    @cached_property
    def by_digest(self) -> dict[str, Vertex]:
        """The vertices by their digest."""
        return {vertex.digest: vertex for vertex in self.vertices}

    @cached_property
    def steps(self) -> tuple[Vertex, ...]:
        """The vertices that stand for an instruction: stage after stage, each stage's in its order."""
        ordered = [self.by_digest[digest] for digest in inputs_first(self.by_digest)]
        rank = {stage: place for place, stage in enumerate(self.stages)}
        found = [vertex for vertex in ordered if vertex.stage is not None]
        # A build that runs at the same time can lend its FROM of the same image: no step here has it.
        needed = {digest for vertex in self.vertices for digest in vertex.inputs}
        names = {vertex.name for vertex in found if vertex.digest in needed}
        found = [one for one in found if one.digest in needed or one.name not in names]
        return tuple(sorted(found, key=lambda one: (rank[one.stage or ""], one.number or 0)))

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages that take part: in the Dockerfile's order where the lines are known, else
        each behind the stages that it needs."""
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        for place, digest in enumerate(inputs_first(self.by_digest)):
            vertex = self.by_digest[digest]
            if vertex.stage is not None:
                last[vertex.stage] = place
                if vertex.line is not None:
                    first[vertex.stage] = min(first.get(vertex.stage, vertex.line), vertex.line)
        if first:  # a stage without a line bears the name that another build, at the same time, gave it
            last = {stage: first.get(stage, -1) for stage in last}
        return tuple(sorted(last, key=lambda stage: last[stage]))

    @property
    def started(self) -> float | None:
        """When the first vertex began, in seconds since the epoch."""
        return min((one.intervals[0][0] for one in self.vertices if one.intervals), default=None)

    @property
    def work_seconds(self) -> float:
        """The steps' times added up: what a builder without parallelism would need."""
        return sum(vertex.seconds for vertex in self.vertices)

    @property
    def export_seconds(self) -> float:
        """How long the finished layers took to become an image: packing, unpacking, naming."""
        return sum(vertex.seconds for vertex in self.vertices if _exports(vertex))

    @cached_property
    def critical_path(self) -> tuple[Vertex, ...]:
        """The chain of inputs whose times add up to the most: no parallelism can make the build shorter."""
        known = self.by_digest
        used = {name for vertex in known.values() for name in vertex.inputs}
        ends = tuple(name for name, one in known.items() if name not in used and not _exports(one))
        # BuildKit names no inputs of an export. It begins when the result is there.
        linked = {
            name: replace(one, inputs=ends) if _exports(one) and not one.inputs else one
            for name, one in known.items()
        }
        return tuple(known[digest] for digest in longest_chain(linked))

    @property
    def critical_path_seconds(self) -> float:
        """The length of `critical_path`."""
        return sum(vertex.seconds for vertex in self.critical_path)

    def to_json(self) -> dict[str, Any]:
        """All of it, in the stable form that `course build --json` prints; `from_json` reads it."""
        from course.trace.json_form import dump

        return dump(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Build:
        """The build that `to_json` gave. Raises TraceError for anything else."""
        from course.trace.json_form import load

        return load(data)


def _exports(vertex: Vertex) -> bool:
    return vertex.name.startswith(_EXPORT)

"""Collects BuildKit's updates into a `Build`. A vertex is announced, starts, may stop and start again, and
may turn cached late; each message says only what is new."""

from __future__ import annotations

from collections.abc import Iterable

from course.trace.model import Build, BuildWarning, Vertex
from course.trace.wire import StatusResponse, VertexUpdate, decode

LOG_LIMIT = 64 * 1024
"""Bytes kept of each vertex's log, its end. BuildKit itself stops a step's log at 2 MiB."""


class _Growing:
    """A vertex while its build runs."""

    def __init__(self, digest: str) -> None:
        self.digest, self.name, self.error, self.cached = digest, "", "", False
        self.inputs: tuple[str, ...] = ()
        self.intervals: dict[float, float | None] = {}
        self.log = bytearray()

    def update(self, new: VertexUpdate) -> None:
        self.name = new.name or self.name
        self.inputs = new.inputs or self.inputs
        self.error = new.error or self.error
        self.cached = new.cached or self.cached
        if new.started is not None:
            self.intervals[new.started] = new.completed or self.intervals.get(new.started)

    def freeze(self, line: int | None) -> Vertex:
        runs = tuple(sorted(self.intervals.items()))
        return Vertex(
            digest=self.digest,
            name=self.name,
            inputs=self.inputs,
            # A cached vertex is "run" for the time of looking it up; it did no work.
            intervals=tuple((start, start) for start, _ in runs[:1]) if self.cached else runs,
            cached=self.cached,
            error=self.error,
            log=self.log.decode("utf-8", "replace"),
            line=line,
        )


class Recorder:
    """Feed it messages, look at `build()` at any time."""

    def __init__(self) -> None:
        self._vertices: dict[str, _Growing] = {}
        self._warnings: dict[tuple[str, str, int | None], BuildWarning] = {}
        self.image = ""

    def feed(self, message: bytes | StatusResponse) -> None:
        """One StatusResponse, encoded or decoded. Raises WireError."""
        response = decode(message) if isinstance(message, bytes) else message
        for update in response.vertices:
            self._vertex(update.digest).update(update)
        for log in response.logs:
            kept = self._vertex(log.vertex).log
            kept += log.message
            del kept[: max(0, len(kept) - LOG_LIMIT)]
        for found in response.warnings:
            key = (found.url, found.short, found.line)
            self._warnings[key] = BuildWarning(found.short, "\n".join(found.detail), found.url, found.line)

    def build(self, seconds: float = 0.0, lines: dict[str, int] | None = None) -> Build:
        """What is known so far; `lines` maps vertex names to Dockerfile lines."""
        lines = lines or {}
        vertices = (vertex.freeze(lines.get(vertex.name)) for vertex in self._vertices.values())
        return Build(self.image, tuple(vertices), tuple(self._warnings.values()), seconds)

    def names(self) -> Iterable[str]:
        """The names of the vertices seen so far."""
        return [vertex.name for vertex in self._vertices.values()]

    def _vertex(self, digest: str) -> _Growing:
        if digest not in self._vertices:
            self._vertices[digest] = _Growing(digest)
        return self._vertices[digest]

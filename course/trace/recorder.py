"""Collects BuildKit's updates into a `Build`. A vertex is announced, starts, may stop and start again, and
may turn cached late; each message says only what is new."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping

from course.trace.given import Given
from course.trace.lines import Lines
from course.trace.model import Build, BuildWarning, Progress, Vertex
from course.trace.own import Told, own_names
from course.trace.wire import StatusResponse, StatusUpdate, VertexUpdate, decode

_SECOND = re.compile(r"\[([^\]]*?)2/(\d+)\] ")  # the step behind a stage's FROM
LOG_LIMIT = 64 * 1024
"""Bytes kept of each vertex's log, its end. BuildKit itself stops a step's log at 2 MiB."""
_PROGRESS_LIMIT = 500
"""Kept of each vertex: an image of a few dozen layers has two for each."""


class _Growing:
    """A vertex while its build runs."""

    def __init__(self, digest: str) -> None:
        self.digest, self.name, self.error, self.cached = digest, "", "", False
        self.inputs: tuple[str, ...] = ()
        self.intervals: dict[float, float | None] = {}
        self.log = bytearray()
        self.progress: dict[str, Progress] = {}
        self._frozen: Vertex | None = None

    def update(self, new: VertexUpdate) -> None:
        self.name = new.name or self.name
        self.inputs = new.inputs or self.inputs
        self.error = new.error or self.error
        self.cached = new.cached or self.cached
        if new.started is not None:
            self.intervals[new.started] = new.completed or self.intervals.get(new.started)
        self._frozen = None

    def write(self, text: bytes) -> None:
        self.log += text
        del self.log[: max(0, len(self.log) - LOG_LIMIT)]
        self._frozen = None

    def advance(self, new: StatusUpdate) -> None:
        known = self.progress.get(new.id)
        if known is None and len(self.progress) >= _PROGRESS_LIMIT:
            return
        started = new.started or (known.started if known else None)
        name = new.name or new.id  # a download's name is its digest, which is its id
        self.progress[new.id] = Progress(name, new.current, new.total, started, new.completed)
        self._frozen = None

    def told(self, name: str) -> Told:
        return Told(self.digest, name, self.inputs, bool(self.intervals or self.cached))

    def freeze(self, name: str, line: int | None) -> Vertex:
        # A build sends thousands of messages, each about a vertex or two: the others are as they were.
        if self._frozen is None or (self._frozen.name, self._frozen.line) != (name, line):
            self._frozen = self._freeze(name, line)
        return self._frozen

    def _freeze(self, name: str, line: int | None) -> Vertex:
        runs = tuple(sorted(self.intervals.items()))
        return Vertex(
            digest=self.digest,
            name=name,
            inputs=self.inputs,
            # A cached vertex is "run" for the time of looking it up; it did no work.
            intervals=tuple((start, start) for start, _ in runs[:1]) if self.cached else runs,
            cached=self.cached,
            error=self.error,
            log=self.log.decode("utf-8", "replace"),
            line=line,
            progress=tuple(self.progress.values()),
        )


class Recorder:
    """Feed it messages, look at `build()` at any time."""

    def __init__(self, given: Given | None = None) -> None:
        self._vertices: dict[str, _Growing] = {}
        self._warnings: dict[tuple[str, str, int | None], BuildWarning] = {}
        self.image = ""
        self.error = ""
        self.given = given
        self._dockerfile = Lines(given.dockerfile) if given and given.dockerfile else None

    def feed(self, message: bytes | StatusResponse) -> None:
        """One StatusResponse, encoded or decoded. Raises WireError."""
        response = decode(message) if isinstance(message, bytes) else message
        for update in response.vertices:
            self._vertex(update.digest).update(update)
        for status in response.statuses:
            self._vertex(status.vertex).advance(status)
        for log in response.logs:
            self._vertex(log.vertex).write(log.message)
        for found in response.warnings:
            key = (found.url, found.short, found.line)
            self._warnings[key] = BuildWarning(found.short, "\n".join(found.detail), found.url, found.line)

    def build(self, seconds: float = 0.0, lines: Mapping[str, int] | None = None) -> Build:
        """What is known so far; `lines` maps vertex names to Dockerfile lines."""
        known = dict(lines or {})
        bases = self._base_names()
        named: dict[str, str] = {}
        for one in self._vertices.values():
            if one.name:  # a log may come before its vertex is announced: what has no name is left out
                names = bases.get(one.digest) or [one.name]
                named[one.digest] = min(names, key=lambda name: known.get(name, sys.maxsize))
        if self._dockerfile:
            named = own_names(
                self._dockerfile.stages, [self._vertices[one].told(named[one]) for one in named]
            )
            known = {**known, **self._dockerfile.of(named.values())}
        vertices = [self._vertices[one].freeze(name, known.get(name)) for one, name in named.items()]
        return Build(
            self.image, tuple(vertices), tuple(self._warnings.values()), seconds, self.given, self.error
        )

    def names(self) -> Iterable[str]:
        """The names of the vertices seen so far, and those that a shared FROM may have."""
        bases = self._base_names().values()
        return [
            *(vertex.name for vertex in self._vertices.values()),
            *(name for some in bases for name in some),
        ]

    def _base_names(self) -> dict[str, list[str]]:
        """Digest of a FROM → the names that it has by the stages that begin with it.

        Stages with the same base share one vertex, and so do builds that run at the same time: BuildKit
        gives it the name that came first, be it another build's.
        """
        found: dict[str, list[str]] = {}
        for one in self._vertices.values():
            step = _SECOND.match(one.name)
            for digest in one.inputs if step else ():
                base = self._vertices.get(digest)
                if step and base and "] FROM " in base.name:
                    image = base.name.partition("] FROM ")[2]
                    found.setdefault(digest, []).append(f"[{step[1]}1/{step[2]}] FROM {image}")
        for one in self._vertices.values():
            # A stage of a FROM alone has no second step: then only the Dockerfile knows its name.
            if one.digest not in found and self._dockerfile and "] FROM " in one.name:
                found[one.digest] = self._dockerfile.bases(one.name.partition("] FROM ")[2])
        return found

    def _vertex(self, digest: str) -> _Growing:
        if digest not in self._vertices:
            self._vertices[digest] = _Growing(digest)
        return self._vertices[digest]

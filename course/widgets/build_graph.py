"""The graph of a build: announced first, then filled while the build runs; or a finished one to look into."""

from __future__ import annotations

import threading
import time
from typing import Any

import anywidget
import traitlets

from course.trace import Build, Vertex
from course.trace.graph import inputs_first
from course.widgets.assets import script, style

_EVERY = 0.1  # seconds between two updates: no eye follows more
_LOG = 4_000  # characters of a log's end while the build runs
_WHOLE_LOG = 40_000  # and once it is done
_LAST = (
    "exporting",
    "unpacking",
    "sending",
    "copying to",
    "pushing",
)  # of making the image
_BEFORE, _AFTER = "to begin with", "in the end"


class BuildGraph(anywidget.AnyWidget):
    """One box a step, one column a stage, an edge where a step needs another one's result.

    `BuildGraph(build)` shows a finished build. `follow` takes the snapshots of one that runs, from any
    thread, and `finish` shows the last of them and ends it.
    """

    _esm = script("build_graph")
    _css = style("build_graph")

    heading = traitlets.Unicode().tag(sync=True)
    columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    steps = traitlets.List(traitlets.Dict()).tag(sync=True)
    logs = traitlets.Dict().tag(sync=True)  # a step's digest → its log, or the end of it
    dockerfile = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    ended = traitlets.Bool(False).tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)  # the step whose log is open

    def __init__(self, build: Build | None = None, *, heading: str = "") -> None:
        super().__init__(heading=heading)
        self._lock = threading.RLock()
        self._latest: Build | None = None
        self._shown = 0.0
        self._timer: threading.Timer | None = None
        if build is not None:
            self._latest = build
            self.finish(build.error)

    def follow(self, build: Build) -> None:
        """Shows `build` now, or, if the last update was just now, a moment later with what is new by then."""
        with self._lock:
            self._latest = build
            wait = self._shown + _EVERY - time.monotonic()
            if wait <= 0:
                self._show(_LOG)
            elif self._timer is None:
                # A quiet step sends nothing for long: what was held back must not wait for the next one.
                self._timer = threading.Timer(wait, self._flush)
                self._timer.daemon = True
                self._timer.start()

    def finish(self, error: str = "") -> None:
        """Shows the last snapshot as the end; `error`: why there is no image."""
        with self._lock:
            self.ended, self.error = True, error
            self._show(_WHOLE_LOG)

    def _flush(self) -> None:
        with self._lock:
            if not self.ended:
                self._show(_LOG)

    def _show(self, log: int) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer, self._shown, build = None, time.monotonic(), self._latest
        if build is None:
            return
        with self.hold_sync():  # one message
            critical = {vertex.digest for vertex in build.critical_path} if self.ended else set()
            stages = {stage: stage or "the only stage" for stage in build.stages}
            ordered = _once([build.by_digest[digest] for digest in inputs_first(build.by_digest)])
            self.columns = [_BEFORE, *stages.values(), _AFTER]
            self.steps = [_step(one, list(stages), one.digest in critical) for one in ordered]
            self.logs = {one.digest: one.log[-log:] for one in ordered if one.log}
            self.dockerfile = build.given.dockerfile if build.given else ""

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from course.plots import gantt

        found = super()._repr_mimebundle_(**kwargs)
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        data = {**data, "text/plain": f"[build graph] {self.heading or 'the steps of a build'}"}
        if self.ended and self._latest and any(one.intervals for one in self._latest.steps):
            still, look = gantt(self._latest)._repr_mimebundle_()
            data, metadata = {**data, **still}, {**metadata, **look}
        return data, metadata


def _once(ordered: list[Vertex]) -> list[Vertex]:
    """Without the twins: a FROM is announced twice, and nothing builds on one of the two."""
    needed = {digest for one in ordered for digest in one.inputs}
    names = {one.name for one in ordered if one.digest in needed}
    return [one for one in ordered if one.digest in needed or one.name not in names]


def _step(one: Vertex, stages: list[str], critical: bool) -> dict[str, Any]:
    column = stages.index(one.stage) + 1 if one.stage is not None else 0
    if one.stage is None and one.name.startswith(_LAST):
        column = len(stages) + 1
    name = one.instruction or one.name.removeprefix("[internal] ")
    return {
        "id": one.digest,
        "name": name.partition("@sha256:")[0].replace("docker.io/library/", ""),
        "column": column,
        "inputs": list(one.inputs),
        "state": one.state,
        "seconds": round(one.seconds, 2),
        "line": one.line,
        "critical": critical,
        "error": one.error,
    }

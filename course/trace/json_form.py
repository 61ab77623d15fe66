"""`Build` ↔ JSON. Fields may be added; none is renamed, since other programs read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from course.errors import TraceError
from course.trace.given import Given
from course.trace.model import Build, BuildWarning, Progress, Vertex

FORMAT = 1


def dump(build: Build) -> dict[str, Any]:
    """All of `build`. What follows from the rest (work, critical path) is written too, for other readers."""
    critical = {vertex.digest for vertex in build.critical_path}
    return {
        "format": FORMAT,
        "image": build.image,
        "seconds": build.seconds,
        "work_seconds": round(build.work_seconds, 3),
        "critical_path_seconds": round(build.critical_path_seconds, 3),
        "export_seconds": round(build.export_seconds, 3),
        "error": build.error or None,
        "vertices": [_vertex(vertex) | {"critical": vertex.digest in critical} for vertex in build.vertices],
        "warnings": [
            {"short": found.short, "detail": found.detail, "url": found.url, "line": found.line}
            for found in build.warnings
        ],
        "given": build.given.to_json() if build.given else None,
    }


def load(data: Mapping[str, Any]) -> Build:
    """The build that `dump` gave. Raises TraceError."""
    if not isinstance(data, Mapping) or "vertices" not in data:
        raise TraceError("This JSON is no build.", hint="Write one with: course build DIR -t TAG --json")
    try:
        return Build(
            image=str(data["image"]),
            vertices=tuple(_read_vertex(one) for one in data["vertices"]),
            warnings=tuple(
                BuildWarning(
                    str(one["short"]), str(one.get("detail", "")), str(one.get("url", "")), one.get("line")
                )
                for one in data.get("warnings") or ()
            ),
            seconds=float(data.get("seconds", 0.0)),
            given=Given.from_json(data["given"]) if data.get("given") else None,
            error=str(data.get("error") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise TraceError(
            "This JSON is no build, or a damaged one.",
            hint="Write it anew with: course build DIR -t TAG --json",
            detail=f"{type(error).__name__}: {error}",
        ) from error


def _vertex(vertex: Vertex) -> dict[str, Any]:
    return {
        "digest": vertex.digest,
        "name": vertex.name,
        "stage": vertex.stage,
        "step": vertex.step,
        "instruction": vertex.instruction,
        "line": vertex.line,
        "inputs": list(vertex.inputs),
        "intervals": [list(interval) for interval in vertex.intervals],
        "cached": vertex.cached,
        "reason": "same instruction on the same input" if vertex.cached else None,
        "seconds": round(vertex.seconds, 3),
        "error": vertex.error or None,
        "log": vertex.log,
        "progress": [
            {
                "name": one.name,
                "current": one.current,
                "total": one.total,
                "started": one.started,
                "completed": one.completed,
            }
            for one in vertex.progress
        ],
    }


def _read_vertex(data: Mapping[str, Any]) -> Vertex:
    line = data.get("line")
    return Vertex(
        digest=str(data.get("digest") or data["name"]),
        name=str(data["name"]),
        inputs=tuple(str(one) for one in data.get("inputs") or ()),
        intervals=tuple(
            (float(start), None if end is None else float(end)) for start, end in data.get("intervals") or ()
        ),
        cached=bool(data.get("cached")),
        error=str(data.get("error") or ""),
        log=str(data.get("log") or ""),
        line=None if line is None else int(line),
        progress=tuple(
            Progress(
                str(one["name"]),
                int(one["current"]),
                int(one["total"]),
                _seconds(one["started"]),
                _seconds(one["completed"]),
            )
            for one in data.get("progress") or ()
        ),
    )


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)

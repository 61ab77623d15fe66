"""Reads what `docker buildx build --progress=rawjson` writes: BuildKit's messages, one JSON object a line."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from course.trace.wire import (
    LogUpdate,
    StatusResponse,
    StatusUpdate,
    VertexUpdate,
    WarningUpdate,
    WireError,
)


def response(message: Mapping[str, Any]) -> StatusResponse:
    """The message of one line (moby/buildkit, client/graph.go: SolveStatus). Raises WireError for others."""
    try:
        return StatusResponse(
            vertices=tuple(map(_vertex, message.get("vertexes") or ())),
            statuses=tuple(map(_status, message.get("statuses") or ())),
            logs=tuple(
                LogUpdate(
                    str(log["vertex"]), int(log.get("stream") or 0), base64.b64decode(log.get("data") or "")
                )
                for log in message.get("logs") or ()
            ),
            warnings=tuple(map(_warning, message.get("warnings") or ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise WireError(f"no message of BuildKit's: {type(error).__name__}: {error}") from error


def _vertex(vertex: Mapping[str, Any]) -> VertexUpdate:
    return VertexUpdate(
        digest=str(vertex["digest"]),
        name=str(vertex.get("name") or ""),
        inputs=tuple(str(one) for one in vertex.get("inputs") or ()),
        cached=bool(vertex.get("cached")),
        started=seconds(vertex.get("started")),
        completed=seconds(vertex.get("completed")),
        error=str(vertex.get("error") or ""),
    )


def _status(status: Mapping[str, Any]) -> StatusUpdate:
    return StatusUpdate(
        id=str(status.get("id") or ""),
        vertex=str(status["vertex"]),
        name=str(status.get("name") or ""),
        current=int(status.get("current") or 0),
        total=int(status.get("total") or 0),
        started=seconds(status.get("started")),
        completed=seconds(status.get("completed")),
    )


def _warning(warning: Mapping[str, Any]) -> WarningUpdate:
    lines = [one["start"]["line"] for one in warning.get("range") or () if one.get("start")]
    return WarningUpdate(
        vertex=str(warning.get("vertex") or ""),
        short=_words(warning.get("short")),
        detail=tuple(_words(one) for one in warning.get("detail") or ()),
        url=str(warning.get("url") or ""),
        line=int(lines[0]) if lines else None,
    )


def _words(data: Any) -> str:
    return base64.b64decode(data or "").decode("utf-8", "replace")  # Go writes bytes as base64


def seconds(text: str | None) -> float | None:
    """A time as Go writes it, in seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp() if text else None

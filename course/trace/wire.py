"""Decodes moby.buildkit.v1.StatusResponse from its protobuf bytes.

Field numbers: moby/buildkit, api/services/control/control.proto. No package on PyPI carries the generated
classes, and the messages need four of protobuf's six wire types, so they are read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class WireError(ValueError):
    """The bytes are no protobuf message, or one cut short."""


@dataclass(frozen=True)
class VertexUpdate:
    """What one message says of a vertex: times are seconds since the epoch, None where not (yet) set."""

    digest: str
    name: str = ""
    inputs: tuple[str, ...] = ()
    cached: bool = False
    started: float | None = None
    completed: float | None = None
    error: str = ""


@dataclass(frozen=True)
class StatusUpdate:
    """Progress inside a vertex, such as a download: `current` of `total` bytes (0: unknown)."""

    id: str
    vertex: str
    name: str = ""
    current: int = 0
    total: int = 0
    started: float | None = None
    completed: float | None = None


@dataclass(frozen=True)
class LogUpdate:
    """What a step printed: stream 1 is standard output, 2 standard error."""

    vertex: str
    stream: int = 0
    message: bytes = b""


@dataclass(frozen=True)
class WarningUpdate:
    """A build check's finding, with the page that explains it and the Dockerfile line (None: not given)."""

    vertex: str
    short: str
    detail: tuple[str, ...] = ()
    url: str = ""
    line: int | None = None


@dataclass(frozen=True)
class StatusResponse:
    """One message of the stream."""

    vertices: tuple[VertexUpdate, ...] = ()
    statuses: tuple[StatusUpdate, ...] = ()
    logs: tuple[LogUpdate, ...] = ()
    warnings: tuple[WarningUpdate, ...] = ()


Value = int | bytes


def decode(data: bytes) -> StatusResponse:
    """The message in `data`. Raises WireError."""
    vertices, statuses, logs, warnings = [], [], [], []
    for number, value in _fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            vertices.append(_vertex(value))
        elif number == 2:
            statuses.append(_status(value))
        elif number == 3:
            logs.append(_log(value))
        elif number == 4:
            warnings.append(_warning(value))
    return StatusResponse(tuple(vertices), tuple(statuses), tuple(logs), tuple(warnings))


def _vertex(data: bytes) -> VertexUpdate:
    found = _collect(data)
    return VertexUpdate(
        digest=_text(found, 1),
        inputs=tuple(_utf8(item) for item in found.get(2, [])),
        name=_text(found, 3),
        cached=bool(_number(found, 4)),
        started=_time(found, 5),
        completed=_time(found, 6),
        error=_text(found, 7),
    )


def _status(data: bytes) -> StatusUpdate:
    found = _collect(data)
    return StatusUpdate(
        id=_text(found, 1),
        vertex=_text(found, 2),
        name=_text(found, 3),
        current=_number(found, 4),
        total=_number(found, 5),
        started=_time(found, 7),
        completed=_time(found, 8),
    )


def _log(data: bytes) -> LogUpdate:
    found = _collect(data)
    message = found.get(4, [b""])[-1]
    return LogUpdate(_text(found, 1), _number(found, 3), message if isinstance(message, bytes) else b"")


def _warning(data: bytes) -> WarningUpdate:
    found = _collect(data)
    return WarningUpdate(
        vertex=_text(found, 1),
        short=_text(found, 3),
        detail=tuple(_utf8(item) for item in found.get(4, [])),
        url=_text(found, 5),
        line=_first_line(found.get(7, [])),
    )


def _first_line(ranges: list[Value]) -> int | None:
    # pb.Range{start = 1: pb.Position{line = 1}}, moby/buildkit solver/pb/ops.proto; lines count from 1.
    for item in ranges:
        start = _collect(item).get(1, [b""])[0] if isinstance(item, bytes) else b""
        line = _number(_collect(start), 1) if isinstance(start, bytes) else 0
        if line:
            return line
    return None


def _collect(data: bytes) -> dict[int, list[Value]]:
    found: dict[int, list[Value]] = {}
    for number, value in _fields(data):
        found.setdefault(number, []).append(value)
    return found


def _fields(data: bytes) -> Iterator[tuple[int, Value]]:
    position, end = 0, len(data)
    while position < end:
        key, position = _varint(data, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire_type == 2:
            length, position = _varint(data, position)
        elif wire_type in (1, 5):
            length = 8 if wire_type == 1 else 4
        else:
            raise WireError(f"wire type {wire_type} at byte {position}")
        if position + length > end:
            raise WireError(f"field {number} wants {length} bytes, {end - position} are left")
        yield number, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise WireError(f"bad varint at byte {position}")
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7


def _utf8(value: Value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _text(found: dict[int, list[Value]], number: int) -> str:
    return _utf8(found.get(number, [b""])[-1])


def _number(found: dict[int, list[Value]], number: int) -> int:
    value = found.get(number, [0])[-1]
    return value if isinstance(value, int) else 0


def _time(found: dict[int, list[Value]], number: int) -> float | None:
    # google.protobuf.Timestamp{seconds = 1, nanos = 2}
    value = found.get(number, [None])[-1]
    if not isinstance(value, bytes):
        return None
    parts = _collect(value)
    return _number(parts, 1) + _number(parts, 2) / 1e9

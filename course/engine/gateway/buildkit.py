"""Reads along on BuildKit's own channel, to learn which images a build makes.

buildx and Compose speak gRPC (HTTP/2) over an upgraded connection, where no label can be put in. So the
gateway looks at what passes: the client's `moby.buildkit.v1.Control/Solve` names the tags
(buildkit, api/services/control/control.proto: SolveRequest.Exporters = 13, Exporter.Attrs = 2, key "name"),
and the end of that stream from the engine tells that the build is over. What it cannot make sense of, it
stops looking at; the bytes pass either way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hpack import Decoder
from hyperframe.frame import ContinuationFrame, DataFrame, Frame, HeadersFrame

from course.engine.gateway.call import OpenCall
from course.engine.gateway.images import note_built
from course.engine.gateway.recording import Backend, Recording
from course.engine.ownership import familiar

_MAGIC = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SOLVE = "/moby.buildkit.v1.Control/Solve"
_MESSAGE_MAX = 4 << 20  # a Solve that carries a large graph; most take some kilobytes
_HEADERS_MAX = 1 << 18
_DIGEST = re.compile(rb"containerimage\.(?:config\.)?digest.{0,8}?(sha256:[0-9a-f]{64})", re.DOTALL)


class NotUnderstood(Exception):
    """The bytes are not what was expected."""


class Frames:
    """Cuts a stream into HTTP/2 frames. Only the bodies of frames that `wanted` says yes to are kept."""

    def __init__(self, *, magic: bool) -> None:
        self._magic = _MAGIC if magic else b""
        self._held = b""
        self._skip = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now. Those that aren't looked at come without their body."""
        if self._skip >= len(data):
            self._skip -= len(data)
            return
        data = self._held + data[self._skip :]
        self._skip, self._held = 0, b""
        if self._magic and len(data) < len(self._magic):
            self._held = data
            return
        data = self._without_magic(data)
        at = 0
        while len(data) - at >= 9:
            try:
                frame, length = Frame.parse_frame_header(memoryview(data)[at : at + 9])
            except Exception as error:
                raise NotUnderstood(str(error)) from error
            limit = self.limit(frame)
            if not limit:
                at += 9 + length
                yield frame
                continue
            if length > limit:
                raise NotUnderstood("a frame too large to look at")
            if len(data) - at < 9 + length:
                break
            try:
                frame.parse_body(memoryview(data)[at + 9 : at + 9 + length])
            except Exception as error:
                raise NotUnderstood(str(error)) from error
            at += 9 + length
            yield frame
        self._skip = max(0, at - len(data))
        self._held = data[at:]

    def limit(self, frame: Frame) -> int:
        """The largest body of such a frame to be kept; 0 to skip it."""
        raise NotImplementedError

    def _without_magic(self, data: bytes) -> bytes:
        if not data.startswith(self._magic):
            raise NotUnderstood("no HTTP/2 preface")
        data, self._magic = data[len(self._magic) :], b""
        return data


class FromClient(Frames):
    """Finds the Solve requests. `solves` maps the stream's number to the message so far."""

    def __init__(self) -> None:
        super().__init__(magic=True)
        self._decoder = Decoder(max_header_list_size=_HEADERS_MAX)
        self._block = b""
        self.solves: dict[int, bytearray] = {}
        self.asked: list[tuple[int, list[str]]] = []  # complete requests: stream, names

    def limit(self, frame: Frame) -> int:
        if isinstance(frame, HeadersFrame | ContinuationFrame):
            return _HEADERS_MAX
        return _MESSAGE_MAX if isinstance(frame, DataFrame) and frame.stream_id in self.solves else 0

    def look(self, data: bytes) -> None:
        """Raises NotUnderstood."""
        for frame in self.feed(data):
            if isinstance(frame, HeadersFrame | ContinuationFrame):
                self._headers(frame)
            elif isinstance(frame, DataFrame) and frame.stream_id in self.solves:
                self._message(frame.stream_id, frame.data)

    def _headers(self, frame: HeadersFrame | ContinuationFrame) -> None:
        self._block += bytes(frame.data)
        if len(self._block) > _HEADERS_MAX:
            raise NotUnderstood("headers too large to look at")
        if "END_HEADERS" not in frame.flags:
            return
        block, self._block = self._block, b""
        try:
            # Every block must be decoded, also of other calls: the table is shared (RFC 7541, 2.2).
            headers = self._decoder.decode(block, raw=True)
        except Exception as error:
            raise NotUnderstood(str(error)) from error
        if (b":path", _SOLVE.encode()) in [(bytes(name), bytes(value)) for name, value in headers]:
            self.solves[frame.stream_id] = bytearray()

    def _message(self, stream: int, data: bytes) -> None:
        message = self.solves[stream]
        message += data
        if len(message) > _MESSAGE_MAX or (message and message[0] != 0):
            raise NotUnderstood("a message too large or compressed")
        if len(message) >= 5 and len(message) >= 5 + int.from_bytes(message[1:5], "big"):
            self.asked.append((stream, exported_names(bytes(message[5:]))))
            del self.solves[stream]


class FromEngine(Frames):
    """Sees the answers to the Solves: their digests, and their end."""

    def __init__(self) -> None:
        super().__init__(magic=False)
        self.waiting: dict[int, bytearray] = {}
        self.ended: list[tuple[int, set[str]]] = []

    def limit(self, frame: Frame) -> int:
        return _MESSAGE_MAX if isinstance(frame, DataFrame) and frame.stream_id in self.waiting else 0

    def look(self, data: bytes) -> None:
        """Raises NotUnderstood."""
        for frame in self.feed(data):
            if frame.stream_id not in self.waiting:
                continue
            if isinstance(frame, DataFrame):
                kept = self.waiting[frame.stream_id]
                kept += frame.data
                del kept[:-65_536]
            if "END_STREAM" in frame.flags:
                digests = {match.decode() for match in _DIGEST.findall(self.waiting.pop(frame.stream_id))}
                self.ended.append((frame.stream_id, digests))


class Grpc(Recording):
    """POST /grpc, once it is upgraded."""

    def __init__(self, call: OpenCall, backend: Backend) -> None:
        super().__init__(call, backend)
        self._client, self._engine = FromClient(), FromEngine()
        self._looking = backend.ledger is not None
        self._names: dict[int, dict[str, str]] = {}

    def sent(self, view: memoryview) -> None:
        if not self._looking:
            return
        try:
            self._client.look(bytes(view))
        except NotUnderstood as error:
            self._stop(error)
        while self._client.asked:
            stream, names = self._client.asked.pop()
            self._names[stream] = {name: self.side.image_id(name) for name in names}
            self._engine.waiting[stream] = bytearray()
            if names:
                self.call.notes.append(f"builds {', '.join(names)}")

    def received(self, view: memoryview) -> None:
        if not self._looking:
            return
        try:
            self._engine.look(bytes(view))
        except NotUnderstood as error:
            self._stop(error)
        while self._engine.ended:
            stream, digests = self._engine.ended.pop()
            note_built(self, self._names.pop(stream), digests)

    def finished(self, complete: bool) -> None:
        # The connection broke, or was not understood, while builds were under way.
        for names in self._names.values():
            if names and self.ledger is not None:
                note_built(self, names, set())
        self._names = {}

    def _stop(self, error: NotUnderstood) -> None:
        self._looking = False
        self.call.notes.append(f"not read further: {error}")


def exported_names(message: bytes) -> list[str]:
    """The tags that a SolveRequest asks for, as the engine will list them. Raises NotUnderstood."""
    names: dict[str, None] = {}
    for number, exporter in fields(message):
        attributes: list[bytes] = []
        if number == 13:
            attributes = [entry for field, entry in fields(exporter) if field == 2]
        elif number == 4:  # ExporterAttrsDeprecated of older clients
            attributes = [exporter]
        for entry in attributes:
            pair = dict(fields(entry))
            if pair.get(1) == b"name":
                for name in pair.get(2, b"").decode("utf-8", "replace").split(","):
                    if name:
                        names[familiar(name)] = None
    return list(names)


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a protobuf message: number, content. Others are skipped."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 2:
            size, at = _varint(message, at)
            if at + size > len(message):
                raise NotUnderstood("a field longer than its message")
            yield key >> 3, message[at : at + size]
            at += size
        elif kind == 0:
            _, at = _varint(message, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise NotUnderstood(f"a field of kind {kind}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise NotUnderstood("a number that never ends")

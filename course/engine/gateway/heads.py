"""Request and response heads, parsed by h11 from their raw bytes, which are what is passed on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import parse_qs, unquote

import h11

from course.engine.gateway.framing import Chunked, Framing, Length, UntilClose

HEAD_MAX = 1 << 20  # as Go's server allows: registry credentials travel in headers
_END = re.compile(rb"\r?\n\r?\n")
_VERSION = re.compile(r"^/v\d+\.\d+(?=/)")


def head_end(buffer: bytes | bytearray) -> int:
    """The index just after the first complete head, or 0 when it isn't complete yet."""
    found = _END.search(buffer)
    return found.end() if found else 0


@dataclass(frozen=True)
class Request:
    """A request's head."""

    raw: bytes  # as it goes to the engine
    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]  # names in lower case
    http11: bool

    @cached_property
    def path(self) -> str:
        """Decoded, without the API version and the query."""
        return _VERSION.sub("", unquote(self.target.partition("?")[0]))

    @property
    def query_text(self) -> str:
        return self.target.partition("?")[2]

    @cached_property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.query_text, keep_blank_values=True)

    def arg(self, name: str) -> str:
        """The first value of a query argument, or ""."""
        return self.query.get(name, [""])[0]

    def header(self, name: bytes) -> bytes:
        """A header's values, joined by commas, or b""."""
        return b", ".join(value for key, value in self.headers if key == name)

    @property
    def keeps_alive(self) -> bool:
        said = self.header(b"connection").lower()
        return b"close" not in said if self.http11 else b"keep-alive" in said

    def body(self) -> Framing:
        """The framing of its body, at the start."""
        if b"chunked" in self.header(b"transfer-encoding").lower():
            return Chunked()
        return Length(int(self.header(b"content-length") or 0))

    def altered(self, target: str, body: bytes | None = None) -> Request:
        """The same request for another target; with `body`, framed for that instead of what it had."""
        gone = {b"content-length", b"transfer-encoding", b"expect"} if body is not None else set()
        headers = [item for item in self.headers if item[0] not in gone]
        if body is not None:
            headers.append((b"content-length", str(len(body)).encode()))
        version = b"HTTP/1.1" if self.http11 else b"HTTP/1.0"
        lines = [b" ".join((self.method.encode(), target.encode("ascii"), version))]
        lines += [name.title() + b": " + value for name, value in headers]
        raw = b"\r\n".join(lines) + b"\r\n\r\n"
        return replace(self, raw=raw, target=target, headers=tuple(headers))


@dataclass(frozen=True)
class Response:
    """A response's head."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    http11: bool

    def header(self, name: bytes) -> bytes:
        return b", ".join(value for key, value in self.headers if key == name)

    def body(self, method: str) -> Framing:
        """The framing of its body (RFC 9112, 6.3)."""
        if method == "HEAD" or self.status in (204, 304):
            return Length(0)
        if b"chunked" in self.header(b"transfer-encoding").lower():
            return Chunked()
        length = self.header(b"content-length")
        return Length(int(length)) if length else UntilClose()

    @property
    def keeps_alive(self) -> bool:
        said = self.header(b"connection").lower()
        return b"close" not in said if self.http11 else b"keep-alive" in said


def parse_request(raw: bytes) -> Request:
    """Raises h11.RemoteProtocolError for what is no request."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_MAX)
    connection.receive_data(raw)
    event = connection.next_event()
    if not isinstance(event, h11.Request):
        raise h11.RemoteProtocolError("not a request")
    return Request(
        raw,
        event.method.decode("ascii"),
        event.target.decode("ascii"),
        tuple((bytes(name), bytes(value)) for name, value in event.headers),
        event.http_version == b"1.1",
    )


def parse_response(raw: bytes, request: Request) -> Response:
    """Raises h11.RemoteProtocolError for what is no response."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_MAX)
    # h11 only accepts an answer to something: HEAD and Upgrade change what an answer may be.
    asked: list[tuple[bytes, bytes]] = [(b"Host", b"engine")]
    if upgrade := request.header(b"upgrade"):
        asked += [(b"Connection", b"upgrade"), (b"Upgrade", upgrade)]
    connection.send(h11.Request(method=request.method, target="/", headers=asked))
    connection.send(h11.EndOfMessage())
    connection.receive_data(raw)
    event = connection.next_event()
    if not isinstance(event, h11.Response | h11.InformationalResponse):
        raise h11.RemoteProtocolError("not a response")
    return Response(
        event.status_code,
        tuple((bytes(name), bytes(value)) for name, value in event.headers),
        event.http_version == b"1.1",
    )

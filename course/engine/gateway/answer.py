"""The engine's answer to one request, watched while it passes."""

from __future__ import annotations

from collections.abc import Callable

import h11

from course.engine.gateway.call import OpenCall
from course.engine.gateway.framing import Framing, Sink, UntilClose
from course.engine.gateway.handling import Handling
from course.engine.gateway.heads import HEAD_MAX, Request, head_end, parse_response
from course.errors import GatewayError

_RAW_STREAMS = (b"application/vnd.docker.raw-stream", b"application/vnd.docker.multiplexed-stream")


class Answer:
    """A `Framing` that learns from the answer's own head how its body ends."""

    def __init__(
        self, request: Request, call: OpenCall, handling: Handling, finish: Callable[[], None]
    ) -> None:
        self.sink: Sink | None = None
        self.hijack: Callable[[], None] = lambda: None
        self.hijacked = False
        self.keeps_alive = False
        self._request, self._call, self._handling, self._finish = request, call, handling, finish
        self._head = b""
        self._body: Framing | None = None
        self._seen = False
        self._told = False

    @property
    def done(self) -> bool:
        return self._body is not None and self._body.done

    @property
    def payload(self) -> int:
        return self._body.payload if self._body else 0

    @property
    def untouched(self) -> bool:
        """Whether not a byte of it has come."""
        return not self._seen

    def feed(self, view: memoryview) -> int:
        at = 0
        self._seen = True
        while self._body is None and at < len(view):
            at += self._feed_head(view[at:])
            if self.hijacked:
                return at  # the raw stream comes apart from the head: see Stream.let_read
        if self._body is not None:
            at += self._body.feed(view[at:])
            if self._body.done:
                self._tell_finished(complete=True)
        return at

    def end(self) -> bool:
        if self.untouched:
            return False  # the gateway will answer in the engine's place
        complete = self._body is not None and self._body.end()
        self._tell_finished(complete)
        return complete

    def _feed_head(self, view: memoryview) -> int:
        before = len(self._head)
        self._head += bytes(view[: HEAD_MAX + 4])
        end = head_end(self._head)
        if not end:
            if len(self._head) > HEAD_MAX:
                raise GatewayError("The head of the engine's answer never ends.")
            return len(view)
        raw, self._head = self._head[:end], b""
        self._understand(raw)
        return end - before

    def _understand(self, raw: bytes) -> None:
        try:
            response = parse_response(raw, self._request)
        except (h11.ProtocolError, ValueError) as error:
            raise GatewayError(f"The engine's answer cannot be read: {error}") from error
        if response.status < 200 and response.status != 101:
            return  # 100 Continue and the like: the answer itself is still to come
        self._call.status = response.status
        self.keeps_alive = response.keeps_alive and self._request.keeps_alive
        self._body = UntilClose() if response.status == 101 else response.body(self._request.method)
        self.keeps_alive &= not isinstance(self._body, UntilClose)
        # Clients that don't ask for an upgrade get a raw stream as an endless "200 OK".
        raw_stream = isinstance(self._body, UntilClose) and response.header(b"content-type") in _RAW_STREAMS
        if response.status == 101 or (raw_stream and self._request.method == "POST"):
            self.hijacked = self._call.upgraded = True
            self.hijack()
        self._call.received.append(self._body)
        self._guard(lambda: self._handling.answered(response))
        if self._handling.wants_answer:
            self._body.sink = lambda view: self._guard(lambda: self._handling.received(view))

    def _tell_finished(self, complete: bool) -> None:
        if not self._told:
            self._told = True
            if not complete:
                self._call.notes.append("cut short")
            self._guard(lambda: self._handling.finished(complete))
            self._finish()

    def _guard(self, tell: Callable[[], None]) -> None:
        """Looking on must never break the stream that is looked at."""
        try:
            tell()
        except Exception as error:  # noqa: BLE001
            self._call.notes.append(f"not recorded: {type(error).__name__}: {error}")

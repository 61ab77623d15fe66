"""One client's connection: request after request, each paired with the engine's answer."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Callable

import h11

from course.engine.gateway.answer import Answer
from course.engine.gateway.call import OpenCall, Tape
from course.engine.gateway.framing import Framing, Length, UntilClose
from course.engine.gateway.handling import Handling, Reply
from course.engine.gateway.heads import HEAD_MAX, Request, head_end, parse_request
from course.engine.gateway.relay import Flow, Tap, relay
from course.engine.gateway.streams import Stream
from course.errors import CourseError, EngineGone, GatewayError

_H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\n"  # and "SM\r\n\r\n", which belongs to the same magic
_BODY_MAX = 16 << 20  # of a request whose body is read here: creating things takes kilobytes
_SHOWN_MAX = 64 << 10  # of a body that is kept, for the tape to show the command
_LINGER_SECONDS = 1.0

Handler = Callable[[Request, OpenCall], Handling]


class Connection:
    """A client, and the engine's connection that is its alone. `serve` returns when either is done."""

    def __init__(self, client: Stream, connect: Callable[[], Stream], tape: Tape, handler: Handler) -> None:
        self._client = client
        self._engine: Stream | None = None
        self._connect = connect
        self._tape = tape
        self._handler = handler
        self._down: Flow | None = None  # the answer under way
        self._aborted = False

    def serve(self) -> None:
        """Exchange after exchange. Closes both connections in the end."""
        try:
            while self._exchange():
                pass
        finally:
            self._drop_engine()
            self._client.close()

    def abort(self) -> None:
        """End it from another thread."""
        self._aborted = True
        for stream in (self._client, self._engine):
            if stream is not None:
                stream.abort()

    def _exchange(self) -> bool:
        raw = self._next_head()
        if raw is None:
            return False
        if raw == _H2_PREFACE:
            return self._pass_http2(raw)
        try:
            request = parse_request(raw)
            framing = request.body()
        except (h11.RemoteProtocolError, UnicodeDecodeError, ValueError) as error:
            return self._reply(Reply(400, {"message": f"The gateway cannot read this request: {error}"}))
        self._down = None
        call = OpenCall(request.method, request.path, request.query_text)
        number = self._tape.begin(call)
        try:
            return self._pass(request, framing, call, number)
        except CourseError as error:
            call.notes.append(str(error))
            if self._answering:
                return False  # too late for an answer of our own
            call.status = 503
            self._tape.finish(number)
            return self._reply(Reply(503, {"message": f"{error} {error.hint}".rstrip()}))
        finally:
            self._end_answer(call)
            self._tape.finish(number)

    @property
    def _answering(self) -> bool:
        """Whether the client has got a part of the engine's answer."""
        return self._down is not None and self._down.sent > 0

    def _end_answer(self, call: OpenCall) -> None:
        """Where the client left before the end, the call's handler is told, too."""
        if self._down is not None:
            self._down.framing.end()
            if not self._down.sent and not call.status:
                call.notes.append("the client left before an answer")

    def _pass(self, request: Request, framing: Framing, call: OpenCall, number: int) -> bool:
        handling = self._handler(request, call)
        body = None
        call.sent.append(framing)
        if handling.wants_body:
            body = self._read_body(request, framing)
            call.body += body[:_SHOWN_MAX]
        elif b"json" in request.header(b"content-type"):
            framing.sink = lambda view: call.body.extend(view[: _SHOWN_MAX - len(call.body)])
        outcome = handling.prepare(request, body)
        if isinstance(outcome, Reply):
            call.status = outcome.status
            self._tape.finish(number)
            return self._reply(outcome)
        request, body = outcome
        answer = Answer(request, call, handling, lambda: self._tape.finish(number))
        up = Flow(self._client, self._open_engine(), framing if body is None else Length(0))
        self._down = down = Flow(up.target, self._client, answer)
        answer.hijack = lambda: _hijack(up, call, handling)
        up.pending = memoryview(request.raw + (body or b"") + self._early(up.framing))
        relay(up, down, lambda: answer.hijacked)
        return self._after(up, down, answer)

    def _after(self, up: Flow, down: Flow, answer: Answer) -> bool:
        """Whether the connection can take another request."""
        if down.ended and answer.untouched and not up.ended:
            raise EngineGone("The engine closed the connection without an answer.")
        if answer.done and up.framing.done and not answer.hijacked and answer.keeps_alive:
            return not up.ended
        if not down.lost and not up.framing.done:
            self._linger()
        return False

    def _next_head(self) -> bytes | None:
        """The next request's head, or None when the client or the idle engine has closed."""
        while not (end := head_end(self._client.kept)):
            if len(self._client.kept) > HEAD_MAX:
                self._reply(Reply(400, {"message": "The request's head is too long."}))
                return None
            if not self._wait_for_client():
                return None
            piece = bytearray(16_384)
            count = self._client.read_into(memoryview(piece))
            if count == 0:
                return None
            self._client.kept += bytes(piece[: count or 0])
        raw, self._client.kept = self._client.kept[:end], self._client.kept[end:]
        return raw

    def _wait_for_client(self) -> bool:
        poller = select.poll()
        poller.register(self._client, select.POLLIN)
        if self._engine is not None:
            poller.register(self._engine, select.POLLIN)
        ready = {fd for fd, _ in poller.poll()}
        if self._engine is not None and self._engine.fileno() in ready:
            # An idle engine that becomes readable has closed. A client without a request under way is told
            # so by closing too; else the request gets a new connection.
            self._drop_engine()
            return bool(self._client.kept) or self._client.fileno() in ready
        return not self._aborted

    def _read_body(self, request: Request, framing: Framing) -> bytes:
        """The decoded body of a request that is altered on its way."""
        if b"100-continue" in request.header(b"expect").lower():
            self._send_to_client(b"HTTP/1.1 100 Continue\r\n\r\n")
        content = bytearray()
        framing.sink = content.extend
        piece = bytearray(65_536)
        while not framing.done:
            kept, self._client.kept = self._client.kept, b""
            if not kept:
                if not self._wait_for_client() and not self._client.buffered:
                    raise GatewayError("The client left in the middle of a request.")
                count = self._client.read_into(memoryview(piece))
                if count == 0:
                    raise GatewayError("The client left in the middle of a request.")
                kept = bytes(piece[: count or 0])
            used = framing.feed(memoryview(kept))
            self._client.kept = kept[used:]
            if len(content) > _BODY_MAX:
                raise GatewayError("The request is too large to be labelled.")
        framing.sink = None
        return bytes(content)

    def _early(self, framing: Framing) -> bytes:
        """What has come of the body with the head: sent on together, as one packet."""
        if not self._client.kept or framing.done:
            return b""
        used = framing.feed(memoryview(self._client.kept))
        early, self._client.kept = self._client.kept[:used], self._client.kept[used:]
        return early

    def _open_engine(self) -> Stream:
        if self._engine is None:
            self._engine = self._connect()
            if self._aborted:
                self._engine.abort()
        return self._engine

    def _drop_engine(self) -> None:
        if self._engine is not None:
            engine, self._engine = self._engine, None
            engine.close()

    def _pass_http2(self, preface: bytes) -> bool:
        """HTTP/2 without an upgrade: newer engines offer their gRPC so."""
        request = Request(preface, "PRI", "*", (), http11=False)
        call = OpenCall("PRI", "*", "", upgraded=True)
        handling = self._handler(request, call)
        number = self._tape.begin(call)
        try:
            up = Flow(self._client, self._open_engine(), UntilClose())
            down = Flow(up.target, self._client, UntilClose())
            call.sent.append(up.framing)
            call.received.append(down.framing)
            up.pending = memoryview(preface)
            handling.sent(up.pending)  # the preface: nothing to ask the engine about yet
            up.tap, down.tap = _guarded(handling.sent, call), _guarded(handling.received, call)
            relay(up, down, lambda: True)
            handling.finished(complete=True)
        except CourseError as error:
            call.notes.append(str(error))
        finally:
            self._tape.finish(number)
        return False

    def _reply(self, reply: Reply) -> bool:
        self._send_to_client(reply.raw())
        self._linger()
        return False

    def _send_to_client(self, data: bytes) -> None:
        poller = select.poll()
        poller.register(self._client, select.POLLOUT)
        view = memoryview(data)
        with contextlib.suppress(OSError):
            while view and poller.poll(10_000):
                view = view[self._client.write(view) or 0 :]

    def _linger(self) -> None:
        """Let the client read the answer before what it still sends meets a closed socket."""
        self._client.shutdown_write()
        poller = select.poll()
        poller.register(self._client, select.POLLIN)
        scratch = memoryview(bytearray(65_536))
        deadline = time.monotonic() + _LINGER_SECONDS
        while (left := deadline - time.monotonic()) > 0 and poller.poll(left * 1000):
            if self._client.read_into(scratch) == 0:
                return


def _guarded(tap: Tap, call: OpenCall) -> Tap:
    """Looking on must never break the stream that is looked at: it ends where it goes wrong."""
    broken = False

    def look(view: memoryview) -> None:
        nonlocal broken
        if broken:
            return
        try:
            tap(view)
        except Exception as error:  # noqa: BLE001
            broken = True
            call.notes.append(f"not recorded: {type(error).__name__}: {error}")

    return look


def _hijack(up: Flow, call: OpenCall, handling: Handling) -> None:
    """From here on the client, too, sends a stream without an end of its own."""
    up.framing = UntilClose()
    up.tap = _guarded(handling.sent, call)
    call.sent.append(up.framing)

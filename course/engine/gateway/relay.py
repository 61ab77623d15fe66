"""Moves bytes both ways between a client and the engine until an exchange is through.

One thread and one loop for each connection: both directions stay live, a slow side holds back only its own
direction, and each side hears at once when the other stops sending or goes away.
"""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable

from course.engine.gateway.framing import Framing
from course.engine.gateway.streams import Stream

_FIRST_BUFFER = 32_768  # enough for most calls; grows for bodies that fill it
_LARGEST_BUFFER = 1 << 20
# A large body comes in pieces of some kilobytes, and each costs a round of the loop, whatever its size. A
# moment's patience before each read makes few large pieces of many. It adapts, so that the sender's socket
# (about 200 kB) is never full for long: a fast sender is not waited for at all.
_BULK_BYTES = 1 << 20
_SMALL_PIECE, _LARGE_PIECE = 48_000, 96_000
_MOST_PATIENCE = 0.001_5  # seconds
# On Linux POLLHUP means that the peer can neither send nor receive any more. Elsewhere it also comes when the
# peer has only stopped sending, which `echo x | docker run -i` does and goes on to read.
_GONE = (select.POLLHUP | select.POLLERR) if sys.platform == "linux" else 0

Tap = Callable[[memoryview], None]


class Flow:
    """One direction: from `source` to `target`, as far as `framing` says."""

    def __init__(self, source: Stream, target: Stream, framing: Framing) -> None:
        self.source, self.target, self.framing = source, target, framing
        self.tap: Tap | None = None  # sees what passes, before it is sent
        self.ended = False  # the source stopped sending
        self.lost = False  # the target takes no more
        self.sent = 0  # bytes that the target took
        self.patience = 0.0  # seconds to wait before a read, in the middle of a large body
        self.dry = False  # nothing more to read until a poll says so
        self._buffer = bytearray(0)
        self.pending = memoryview(b"")

    @property
    def wants(self) -> bool:
        """Whether it would read from its source now."""
        return not (self.pending or self.framing.done or self.ended or self.lost)

    @property
    def through(self) -> bool:
        """Whether nothing more will move."""
        return self.lost or (not self.pending and (self.framing.done or self.ended))

    def move(self) -> bool:
        """Read or send once. Whether anything happened."""
        if self.pending and not self.lost:
            return self._send()
        if self.target.unsent and not self.lost:
            self._flush()
        return not self.dry and self.wants and self._receive()

    def _receive(self) -> bool:
        view = self._read()
        if view is None:
            return False
        if not view:
            self.ended = True
            self.framing.end()
            return True
        used = self.framing.feed(view)
        if used < len(view):
            self.source.kept = bytes(view[used:]) + self.source.kept
            self.dry = False
        self.pending = view[:used]
        if self.tap and used:
            self.tap(self.pending)
        self._send()
        return True

    def _read(self) -> memoryview | None:
        if self.source.kept:
            kept, self.source.kept = self.source.kept, b""
            return memoryview(kept)
        if not self._buffer:
            self._buffer = bytearray(_FIRST_BUFFER)
        count = self.source.read_into(memoryview(self._buffer))
        # A short read has emptied the socket: to ask again before polling would be wasted on most streams.
        self.dry = count is None or (0 < count < len(self._buffer) and not self.source.buffered)
        if count is None:
            return None
        if self.framing.payload > _BULK_BYTES:
            self._adapt(count)
        view = memoryview(self._buffer)[:count]
        if count == len(self._buffer) < _LARGEST_BUFFER:
            self._buffer = bytearray(2 * len(self._buffer))  # the old one lives on in `view`
        return view

    def _flush(self) -> None:
        try:
            self.target.flush()
        except OSError:
            self.lost = True

    def _adapt(self, piece: int) -> None:
        if piece > _LARGE_PIECE:
            self.patience = self.patience / 2 if self.patience > 0.000_05 else 0.0
        elif piece < _SMALL_PIECE:
            self.patience = min(self.patience * 1.5 + 0.000_02, _MOST_PATIENCE)

    def _send(self) -> bool:
        if not self.pending:
            return False
        try:
            taken = self.target.write(self.pending)
        except OSError:
            self.lost = True
            self.pending = memoryview(b"")
            return True
        if taken is None:
            return False
        self.sent += taken
        self.pending = self.pending[taken:]
        return True


def relay(up: Flow, down: Flow, hijacked: Callable[[], bool]) -> None:
    """Run both directions until the exchange is through or a side is gone.

    `up` goes from the client to the engine, `down` back. While only the answer is still under way, the client
    is watched: its end is passed on to the engine, which then gives up what nobody waits for. When
    `hijacked()`, the connection is a raw stream, each of whose directions ends by itself.
    """
    client, engine = up.source, down.source
    watch = _Watch(client, engine)
    head_read = False
    while True:
        moved = up.move()
        moved = down.move() or moved
        if down.lost:
            return
        if hijacked() and not head_read and not down.pending:
            client.let_read()
            head_read = True
        if hijacked():
            _pass_on_ends(up, down)
        elif up.ended and not up.pending:
            engine.shutdown_write()
        if down.through and (up.through or (down.ended and not hijacked())):
            return
        if not moved:
            if not watch.wait(up, down):
                return
            patience = max(flow.patience if flow.wants else 0 for flow in (up, down))
            if patience and not hijacked():
                time.sleep(patience)


def _pass_on_ends(up: Flow, down: Flow) -> None:
    for flow in (up, down):
        if flow.ended and not flow.pending:
            flow.target.shutdown_write()


class _Watch:
    """Waits until something can move."""

    def __init__(self, client: Stream, engine: Stream) -> None:
        self._client, self._engine = client, engine
        self._listen = True  # to a client that has said all it had to say
        self._poller = select.poll()
        self._registered: dict[Stream, int] = {}

    def wait(self, up: Flow, down: Flow) -> bool:
        """Whether it is worth going on. False when a side is gone for good."""
        if (up.wants and not up.dry) or (down.wants and not down.dry):
            return True  # its first read found nothing that could be sent at once
        listen = self._listen and up.framing.done and not up.ended and not up.pending
        # A peer that is gone polls at once, again and again: leave it out while its last bytes wait for
        # the other side.
        to_client, to_engine = bool(down.pending), bool(up.pending) or self._engine.unsent
        self._register(self._client, _events(up.wants or listen, to_client), bool(up.pending))
        self._register(self._engine, _events(down.wants, to_engine), bool(down.pending))
        ready = dict(self._poller.poll())
        client = ready.get(self._client.fileno(), 0)
        engine = ready.get(self._engine.fileno(), 0)
        up.dry, down.dry = up.dry and not client, down.dry and not engine
        if (client | engine) & select.POLLNVAL:
            return False
        if client & _GONE and not up.wants and not up.pending:
            return False
        if engine & _GONE and down.through:
            return False
        if listen and client & (select.POLLIN | select.POLLHUP):
            self._hear(up)
        return True

    def _register(self, stream: Stream, events: int, may_leave_out: bool) -> None:
        wanted = -1 if not events and may_leave_out else events
        if self._registered.get(stream, -1) == wanted:
            return
        if wanted == -1:
            self._poller.unregister(stream)
        else:
            self._poller.register(stream, wanted)
        self._registered[stream] = wanted

    def _hear(self, up: Flow) -> None:
        """The client has closed, or sends its next request early, which waits its turn."""
        if self._client.at_end():
            up.ended = True
        else:
            self._listen = False


def _events(read: bool, write: bool) -> int:
    return (select.POLLIN if read else 0) | (select.POLLOUT if write else 0)

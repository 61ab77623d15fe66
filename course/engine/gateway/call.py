"""What the tape holds: one `Call` for each request that passed through the gateway."""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from course.engine.gateway.docker_cli import docker_command
from course.engine.gateway.framing import Framing

_KEPT = 20_000  # a kernel may live for weeks: the oldest calls are let go


@dataclass(frozen=True)
class Call:
    """One Engine API call as it was asked and answered."""

    method: str
    path: str  # without the /v1.51 in front
    query: str  # as the client wrote it, without the question mark
    status: int  # 0 while no answer has come; 503 by the gateway itself when the engine is gone
    ms: float  # milliseconds from the request's head to the last byte of the answer
    bytes_in: int  # of the request's body, and of what was typed into a hijacked connection
    bytes_out: int  # of the answer's body, and of what came back
    cli: str  # the docker command that makes such a call, or ""
    started: float  # seconds since the epoch
    upgraded: bool  # the connection became a raw stream: attach, exec, session, h2c
    note: str  # what the gateway did or saw: a label added, a prune narrowed, an engine gone, still open


@dataclass
class OpenCall:
    """A call under way. The connection's thread writes it, others only take a `snapshot`."""

    method: str
    path: str
    query: str
    status: int = 0
    upgraded: bool = False
    sent: list[Framing] = field(default_factory=list)
    received: list[Framing] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)  # of the request, where it is JSON and small
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.time)
    _began: float = field(default_factory=time.perf_counter)

    def snapshot(self) -> Call:
        """The call as it stands now."""
        return Call(
            self.method,
            self.path,
            self.query,
            self.status,
            (time.perf_counter() - self._began) * 1000,
            sum(body.payload for body in self.sent),
            sum(body.payload for body in self.received),
            docker_command(self.method, self.path, self.query, bytes(self.body)),
            self.started,
            self.upgraded,
            "; ".join(self.notes),
        )


class Tape:
    """The calls of one gateway, in the order in which they began. Safe for many threads.

    Iterating, `len` and indexing see finished calls only; `since` also shows those still open.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._done: OrderedDict[int, Call] = OrderedDict()
        self._open: dict[int, OpenCall] = {}
        self._next = 0

    def begin(self, call: OpenCall) -> int:
        """Note that a call began. Returns its number, for `finish`."""
        with self._lock:
            number = next(self._numbers)
            self._open[number] = call
            self._next = number + 1
            return number

    def finish(self, number: int) -> None:
        """Freeze the call. A second time does nothing."""
        with self._lock:
            call = self._open.pop(number, None)
            if call is None:
                return
            self._done[number] = call.snapshot()
            while len(self._done) > _KEPT:
                self._done.popitem(last=False)

    def mark(self) -> int:
        """A place on the tape, for `since`."""
        with self._lock:
            return self._next

    def since(self, mark: int) -> list[Call]:
        """The calls that began after `mark`; those under way carry the note "still open"."""
        with self._lock:
            calls = {number: call for number, call in self._done.items() if number >= mark}
            for number, running in self._open.items():
                if number >= mark:
                    call = running.snapshot()
                    calls[number] = replace(call, note="; ".join(filter(None, [call.note, "still open"])))
        return [calls[number] for number in sorted(calls)]

    def clear(self) -> None:
        """Forget the finished calls."""
        with self._lock:
            self._done.clear()

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            calls = sorted(self._done.items())
        return iter([call for _, call in calls])

    def __len__(self) -> int:
        with self._lock:
            return len(self._done)

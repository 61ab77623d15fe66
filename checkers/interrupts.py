"""Ctrl-C, a polite kill and a newer save all end a check; none of them may end its cleaning up."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Holds SIGINT and SIGTERM back while what is inside runs, and delivers one afterwards.

    Only a main thread gets signals; elsewhere there is nothing to hold.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        held.append(number)

    before: dict[signal.Signals, Any] = {
        number: signal.signal(number, hold) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if held:
            signal.raise_signal(held[0])


class Stopped(KeyboardInterrupt):
    """A check was ended by its `Stop`. There is no report: what was seen last may be its own ending."""


class Stop:
    """Ends a check from any thread: what it waits for is taken away, so that it comes to an end by itself."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may come while its own thread holds it
        self._endings: list[Callable[[], None]] = []
        self.asked = False

    def now(self) -> None:
        """Ends it. What the check has made is removed by the check itself, which then raises Stopped."""
        with self._lock:
            self.asked = True
            endings, self._endings = self._endings, []
        for ending in endings:
            ending()

    def at(self, ending: Callable[[], None]) -> None:
        """Has `ending` called when the check is to end, at once if that was before. It must not take long."""
        with self._lock:
            if not self.asked:
                self._endings.append(ending)
                return
        ending()

    def check(self) -> None:
        """Raises Stopped if the check is to end."""
        if self.asked:
            raise Stopped


@contextlib.contextmanager
def terminable(stop: Stop | None = None) -> Iterator[None]:
    """Turns SIGTERM into KeyboardInterrupt, so that a killed check cleans up as an interrupted one does. Both
    also tell `stop`: the check's other threads get no signal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if stop:
            stop.now()
        raise KeyboardInterrupt

    before: dict[signal.Signals, Any] = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

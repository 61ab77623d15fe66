"""What has to be done before this process ends, whether it comes to its end or is told to end."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

_ENDS = ("SIGTERM", "SIGHUP")  # Python dies of these without a word; Ctrl-C is an exception, and no end
_calls: list[Callable[[], None]] = []


def before_the_end(call: Callable[[], None]) -> None:
    """Has `call` called when this process ends, unless it is killed outright; the last one asked first."""
    if not _calls:
        atexit.register(_call_all)
    _calls.append(call)
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may handle signals
    for name in _ENDS:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # else somebody else sees to it
            signal.signal(number, _end)


def forget(call: Callable[[], None]) -> None:
    """It needn't be called any more."""
    with contextlib.suppress(ValueError):
        _calls.remove(call)


def _call_all() -> None:
    while _calls:
        _calls.pop()()


def _end(number: int, _: FrameType | None) -> None:
    _call_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)

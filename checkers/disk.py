"""Watches the engine's disk while a learner's code runs. No engine limits what a RUN step may write.

BuildKit has no quota, and doesn't tell how much a running step has written. But the disk does: free space
falls while the step runs, and comes back when the step is cancelled. Only the second proves whose it was.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from types import TracebackType

from checkers.limits import FILE_COST

INTERVAL = 0.25  # seconds between looks at a disk of this machine
REMOTE_INTERVAL = 2.0  # where each look is a command in a container
RETURN_SECONDS = 15.0  # BuildKit drops a cancelled step's files within about 2 s; much longer on a slow disk


class DiskGuard:
    """Calls `stop` once when more than `allowance` bytes were eaten since the guard was set up."""

    def __init__(
        self,
        free: Callable[[], int],
        allowance: int,
        stop: Callable[[], None],
        *,
        interval: float = INTERVAL,
    ) -> None:
        self._free, self._allowance, self._stop, self._interval = free, allowance, stop, interval
        self._before = self._lowest = free()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="disk guard", daemon=True)
        self.tripped = False

    def __enter__(self) -> DiskGuard:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def came_back(self) -> bool:
        """Whether half of the allowance becomes free again, counted from the lowest point, now that the
        build was stopped. What others wrote before, and keep, doesn't count."""
        deadline = time.monotonic() + RETURN_SECONDS
        lowest = self._lowest
        while time.monotonic() < deadline:
            now = self._free()
            lowest = min(lowest, now)
            if now - lowest > self._allowance / 2:
                return True
            time.sleep(self._interval)
        return False

    def _watch(self) -> None:
        while not self._ended.wait(self._interval):
            self._lowest = self._free()
            if self._before - self._lowest > self._allowance:
                self.tripped = True
                self._stop()
                return


def local_free(folder: str) -> Callable[[], int] | None:
    """A function that tells the free bytes under `folder`; None if there is no such folder here."""
    with contextlib.suppress(OSError):
        os.statvfs(folder)
        return lambda: _available(folder)
    return None


def _available(folder: str) -> int:
    """Bytes, with each file that the disk can still hold counted as some, or empty files would cost nothing.

    A file system without a fixed number of files says 0 for all of them, which changes nothing.
    """
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize + status.f_favail * FILE_COST

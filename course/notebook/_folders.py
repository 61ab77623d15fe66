"""The scratch folders of one kernel: gone when it ends; if it was killed, when the next one asks."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

_PREFIX = "course-work-"
_LOCK = ".lock"
_ENDS = ("SIGTERM", "SIGHUP")  # Python dies of these without a word; Ctrl-C is an exception, and no end


class Folders:
    """Makes folders below one of this kernel's own, whose lock says that the kernel lives.

    A lock, not a process id: the system's folder for temporary files may be shared with containers, which
    count processes each for itself.
    """

    def __init__(self) -> None:
        self._root: Path | None = None
        self._lock: FileLock | None = None
        self._process = 0

    def new(self) -> Path:
        """A fresh, empty folder."""
        if self._root is None or not self._root.is_dir():
            remove_orphans()
            self._process = os.getpid()
            self._root = self._locked_root()
            atexit.register(self.clear)
            _before_termination(self.clear)
        return Path(tempfile.mkdtemp(prefix="", dir=self._root))

    def clear(self) -> None:
        """Removes them all."""
        if os.getpid() != self._process:  # a fork of the kernel ends, not the kernel
            return
        root, self._root = self._root, None
        lock, self._lock = self._lock, None
        if root is not None:
            shutil.rmtree(root, ignore_errors=True)
        if lock is not None:
            lock.release()
        atexit.unregister(self.clear)

    def _locked_root(self) -> Path:
        while True:
            root = Path(tempfile.mkdtemp(prefix=_PREFIX))
            lock = FileLock(root / _LOCK, thread_local=False)
            lock.acquire()
            if root.is_dir():  # else another kernel took it for an orphan, before it was locked
                self._lock = lock
                return root
            lock.release()


def remove_orphans() -> None:
    """Removes the folders of kernels that were killed: nobody holds their lock any more."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with contextlib.suppress(Timeout, OSError), FileLock(lock, timeout=0):
            shutil.rmtree(lock.parent, ignore_errors=True)


def _before_termination(clear: Callable[[], None]) -> None:
    """Has `clear` called when a signal ends this process, unless somebody else handles that signal."""
    if threading.current_thread() is not threading.main_thread():
        return

    def end(number: int, _: FrameType | None) -> None:
        clear()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for name in _ENDS:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)

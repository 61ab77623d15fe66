"""The scratch folders of one kernel: gone when it ends; if it was killed, when the next one asks."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from course.notebook._ending import before_the_end, forget

_PREFIX = "course-work-"
_LOCK = ".lock"


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
            before_the_end(self.clear)
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
        forget(self.clear)

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

"""Tells of saves in a folder, once each, however an editor writes: into the file, or beside it and renamed.

What editors and tools leave on the way is no save: swap and backup files, .git, __pycache__.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import watchfiles

_QUIET_MS = 100  # several writes closer together than this are one save
_LONGEST_MS = 1000  # somebody who writes all the time is told of at least so often
_LOOK_MS = 500  # between two looks whether the folder is still the same one
_TOOLS = {".git", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".idea"}
# Vim's swap files and its trial 4913, Emacs's locks and copies, JupyterLab's and GNOME's files to be renamed,
# JetBrains's safe writes, KDE's, what an NFS client keeps of a deleted file.
_ON_THE_WAY = (
    "*.sw?", "*.sw?x", "4913", "*~", ".#*", "#*#", ".~*", ".goutputstream-*", "*___jb_tmp___",
    "*___jb_old___", "*.kate-swp", ".nfs*", ".DS_Store",
)  # fmt: skip
_MOST_FILES = 20_000

Stamps = dict[str, tuple[int, int, int]]


def counts(folder: Path, path: str) -> bool:
    """Whether a change of that path is somebody's save."""
    try:
        parts = Path(path).relative_to(folder).parts
    except ValueError:
        return False
    if not parts or any(part in _TOOLS for part in parts):
        return False
    return not any(fnmatch.fnmatchcase(parts[-1], pattern) for pattern in _ON_THE_WAY)


def stamps(folder: Path) -> Stamps:
    """Each file's time, size and mode, by its path; at most 20,000. Empty if there is no such folder."""
    found: Stamps = {}
    for here, names, plain in os.walk(folder):
        names[:] = [name for name in names if name not in _TOOLS]
        for name in plain:
            path = Path(here, name)
            if counts(folder, str(path)):
                with contextlib.suppress(OSError):  # it can vanish between the listing and the look
                    status = path.lstat()
                    found[path.relative_to(folder).as_posix()] = (
                        status.st_mtime_ns, status.st_size, status.st_mode,
                    )  # fmt: skip
            if len(found) >= _MOST_FILES:
                return found
    return found


def changed(before: Stamps, after: Stamps) -> tuple[str, ...]:
    """The paths that were added, removed or written."""
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


class Saves:
    """Calls `on_save` from a thread of its own after each save, while its context is open.

    A folder that goes is waited for; that it is back, or is another one by now, is a save, too.
    """

    def __init__(self, folder: Path, on_save: Callable[[], None]) -> None:
        self._folder, self._on_save = folder.resolve(), on_save
        self._ended, self._ready = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._watch, name="saves", daemon=True)

    def __enter__(self) -> Saves:
        self._thread.start()
        self._ready.wait(5.0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.is_set():
            known = self._identity()
            if known is not None:
                with contextlib.suppress(OSError, RuntimeError):  # it went just now
                    self._watch_this(known)
            self._ready.set()
            while not self._ended.is_set() and self._identity() is None:
                self._ended.wait(_LOOK_MS / 1000)
            if not self._ended.is_set():
                self._on_save()

    def _watch_this(self, known: tuple[int, int]) -> None:
        """Tells of saves as long as the folder is the one that it was."""
        for changes in watchfiles.watch(
            self._folder,
            watch_filter=lambda _, path: path == str(self._folder) or counts(self._folder, path),
            debounce=_LONGEST_MS,
            step=_QUIET_MS,
            stop_event=self._ended,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            self._ready.set()
            # A new folder may get the number of the one that went just before it.
            if self._identity() != known or (watchfiles.Change.deleted, str(self._folder)) in changes:
                return
            if any(path != str(self._folder) for _, path in changes):
                self._on_save()

    def _identity(self) -> tuple[int, int] | None:
        with contextlib.suppress(OSError):
            status = self._folder.stat()
            return status.st_dev, status.st_ino
        return None

"""Where the course keeps its things outside the repository. One place decides; everybody asks here.

`COURSE_HOME` puts all of it under one folder (tests, classrooms). Without it, the system's own
folders for caches and data are used (platformdirs).
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP = "docker-notebook-course"
# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS; the names below need about 30 of them.
_SOCKET_DIR_MAX = 70


@dataclass(frozen=True)
class Paths:
    """The folders of the course. None is created by asking for its name."""

    cache: Path  # can be deleted at any time: packages, unpacked engines, bundles
    data: Path  # the embedded engine's data root, the ledger, progress
    run: Path  # sockets, pid files, locks: short enough for a Unix socket

    @property
    def log(self) -> Path:
        return self.data / "log"

    @property
    def progress(self) -> Path:
        return self.data / "progress.sqlite"

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.sqlite"


def paths() -> Paths:
    """The folders in force now: `COURSE_HOME` if set, else the system's."""
    home = os.environ.get("COURSE_HOME")
    if home:
        base = Path(home).expanduser().absolute()
        return Paths(cache=base / "cache", data=base / "data", run=_short(base / "run"))
    return Paths(
        cache=platformdirs.user_cache_path(APP),
        data=platformdirs.user_data_path(APP),
        run=_run_folder(),
    )


def repository() -> Path:
    """The checkout that holds notebooks/ and exercises/ (`COURSE_ROOT`, else beside this package)."""
    return Path(os.environ.get("COURSE_ROOT") or Path(__file__).resolve().parent.parent)


def _run_folder() -> Path:
    # Root's engine must be found again from any terminal, also where XDG_RUNTIME_DIR is unset or another's.
    if sys.platform == "linux" and os.geteuid() == 0:
        return Path("/run") / APP
    if sys.platform == "linux" and not os.environ.get("XDG_RUNTIME_DIR"):
        # No login session made one (su, cron): platformdirs would warn, and use the same folder.
        return Path(tempfile.gettempdir()) / f"runtime-{os.geteuid()}" / APP
    return _short(platformdirs.user_runtime_path(APP))


def _short(folder: Path) -> Path:
    if len(os.fsencode(folder)) <= _SOCKET_DIR_MAX:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"course-{digest}"

"""Starting a program that outlives the terminal, with its log."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from course.engine.embedded.packages import Unpacked

_LOG_MAX = 5_000_000  # bytes; a longer log is set aside when the engine is started
# Meant for whoever started us: a service manager's sockets, folders of a login session that will end
# before the engine does, another engine's settings.
_NOT_INHERITED = (
    *("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "XDG_RUNTIME_DIR", "TMPDIR"),
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"),
)


def launch(command: Sequence[str | Path], unpacked: Unpacked, log: Path) -> int:
    """Starts `command` in a session of its own, its output appended to `log`; returns its process id."""
    env = {key: value for key, value in os.environ.items() if key not in _NOT_INHERITED}
    # Through a shell that ends at once: the program becomes init's child, and never a zombie of ours.
    script = 'setsid "$@" </dev/null >>"$LOG" 2>&1 & echo $!'
    run = subprocess.run(
        ["sh", "-c", script, "sh", *map(str, command)],
        env=env | {"PATH": unpacked.search_path(), "LOG": str(log)},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(run.stdout)


def rotate(log: Path) -> int:
    """Sets a long log aside; returns the log's size in bytes, where the next start's lines begin."""
    size = log.stat().st_size if log.exists() else 0
    if size <= _LOG_MAX:
        return size
    log.replace(log.with_suffix(".log.1"))
    return 0

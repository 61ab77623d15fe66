"""The embedded engine's processes, told from those of any other engine by the paths they use.

A process id in a file proves nothing after a crash or a reboot: it may be anybody's by now.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from course.engine.embedded.layout import Layout

_PROC = Path("/proc")
_POLL_SECONDS = 0.05


def daemon(where: Layout) -> int | None:
    """The process id of our dockerd, or None."""
    return next((pid for pid, argv in _all() if _is_daemon(argv, where)), None)


def containerd(where: Layout) -> int | None:
    """The process id of our containerd, or None."""
    found = (pid for pid, argv in _all() if Path(argv[0]).name == "containerd" and _is_runtime(argv, where))
    return next(found, None)


def ours(where: Layout) -> list[int]:
    """Every process of our engine: dockerd, containerd, shims, port proxies, and what runs in containers."""
    return [
        pid
        for pid, argv in _all()
        if _is_daemon(argv, where)
        or _is_runtime(argv, where)
        or (_is_proxy(argv, where) and _same_network(pid))
        or _runs_in_container(pid, where)
    ]


def runs_from(pid: int, folder: Path) -> bool:
    """Whether the process's program lies below `folder`; also true of one that has ended meanwhile."""
    try:
        return (_PROC / str(pid) / "exe").resolve().is_relative_to(folder.resolve())
    except OSError:
        return True


def strangers(where: Layout) -> list[int]:
    """Other engines' dockerd processes in this network namespace: two would fight over docker0."""
    return [
        pid
        for pid, argv in _all()
        if Path(argv[0]).name == "dockerd" and not _is_daemon(argv, where) and _same_network(pid)
    ]


def running(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def stop(pids: Iterable[int], how: signal.Signals, seconds: float) -> list[int]:
    """Sends the signal, waits up to `seconds`, and returns those that still run."""
    left = list(pids)
    for pid in left:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            continue
    wait_until(lambda: not any(running(pid) for pid in left), seconds)
    return [pid for pid in left if running(pid)]


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Polls until `done()` or the deadline; returns the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := done()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return answer


def _all() -> Iterable[tuple[int, list[str]]]:
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            argv = os.fsdecode((entry / "cmdline").read_bytes()).split("\0")
        except OSError:
            continue  # it ended, or is another user's on a machine that hides them
        if argv != [""] and running(int(entry.name)):  # kernel threads and zombies have no command line
            yield int(entry.name), argv


def _is_daemon(argv: list[str], where: Layout) -> bool:
    return Path(argv[0]).name == "dockerd" and str(where.config) in argv


def _is_runtime(argv: list[str], where: Layout) -> bool:
    name = Path(argv[0]).name
    return (name in ("containerd", "runc") or name.startswith("containerd-shim")) and any(
        word.startswith(f"{where.exec_root}/") for word in argv[1:]
    )


def _is_proxy(argv: list[str], where: Layout) -> bool:
    # Proxies die with their dockerd; one that is left holds a port for nobody.
    return Path(argv[0]).name == "docker-proxy" and Path(argv[0]).is_relative_to(where.programs)


def _same_network(pid: int) -> bool:
    try:
        return (_PROC / str(pid) / "ns/net").readlink() == (_PROC / "self/ns/net").readlink()
    except OSError:
        return False


def _same_root(pid: int) -> bool:
    try:
        return (_PROC / str(pid) / "root").samefile("/")
    except OSError:
        return False


def _runs_in_container(pid: int, where: Layout) -> bool:
    """Whether the process's root is an overlay whose upper folder lies in our data root.

    A container of another machine's engine may have the same path there: whoever shares our own root is
    beside us, not in a container of ours.
    """
    if _same_root(pid):
        return False
    try:
        lines = (_PROC / str(pid) / "mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return False
    upper = f"upperdir={where.data_root}/".replace(" ", r"\040")
    return any(line.split(" ", 5)[4] == "/" and upper in line for line in lines)

"""Starting and stopping the embedded engine, also after a crash and when two want to at once."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass

from filelock import FileLock, Timeout

from course.engine.address import Address
from course.engine.connect import connect
from course.engine.embedded import (
    before,
    cgroups,
    disk,
    links,
    machine,
    mounts,
    own_containerd,
    packages,
    processes,
)
from course.engine.embedded.configuration import configuration
from course.engine.embedded.diagnosis import file_failure, start_failure
from course.engine.embedded.launch import launch, rotate
from course.engine.embedded.layout import Layout, layout
from course.engine.embedded.packages import Unpacked
from course.engine.failures import engine_errors
from course.engine.find import answers, embedded_address, find_engine, probe, sockets
from course.errors import ContainerdSlow, EngineDenied, EngineError, EngineStartFailed, NoEngine
from course.steps import SILENT, Steps

_LOCK_SECONDS = 900  # the other one may be fetching packages over a slow line
_START_SECONDS = 90  # a large data root on a slow disk; an empty one takes 2
_RESTART_SECONDS = 30
_TRIES = 3  # dockerd gives its containerd 15 s; a disk that is busy writing back can need longer
_STOP_SECONDS = 60  # dockerd gives each container its stop time-out, 10 s by default, all at once


@dataclass(frozen=True)
class Status:
    """The embedded engine as it stands."""

    running: bool  # it answers
    pid: int | None  # of dockerd
    address: Address
    suite: str  # of the unpacked packages: unstable, trixie; "" if there are none
    version: str
    data_root: str
    log: str


def up(steps: Steps = SILENT) -> Address:
    """An engine that answers: the one that is found, else the embedded one, brought and started.

    Returns its address. Started twice at once, one wins and the other uses it. What a crash left is
    cleared first. Raises NoEngine (with the options) where the course can't start one, EngineDenied,
    PackageError, or EngineStartFailed with the fact, the cause and the log's last lines.
    """
    where = layout()
    if (found := found_engine()) and _whole(where, found, steps):
        return found
    with locked(where):
        if (found := found_engine()) and _whole(where, found, steps):  # the other one won
            return found
        _refuse_beside_another(where)
        unpacked = packages.ensure("engine", steps)
        machine.ensure_pieces(steps)
        with steps.step(f"Starting Docker Engine {unpacked.version} ({unpacked.suite})"):
            start(where, unpacked, steps)
    return embedded_address()


def down(steps: Steps = SILENT, *, purge: bool = False) -> bool:
    """Stops the embedded engine and takes away what it left: processes, mounts, bridges, iptables rules.

    Its data is kept, unless `purge`. Another engine is never touched. Returns whether one was running.
    Raises EngineStartFailed if something won't go, with what it is.
    """
    where = layout()
    if not where.run.exists() and not (purge and where.data_root.exists()):
        return False
    with locked(where):
        was_running = stop(where, steps)
        if purge:
            with steps.step(f"Deleting its data, {where.data_root}"):
                _delete_data(where)
    return was_running


def status() -> Status:
    """Whether the embedded engine runs, and where its things are."""
    where = layout()
    address = embedded_address()
    unpacked = packages.cached("engine")
    return Status(
        running=answers(address),
        pid=processes.daemon(where) if os.path.isdir("/proc/self") else None,  # noqa: PTH112  /proc: Linux only
        address=address,
        suite=unpacked.suite if unpacked else "",
        version=unpacked.version if unpacked else "",
        data_root=str(where.data_root),
        log=str(where.log),
    )


def found_engine() -> Address | None:
    """The engine that answers, or None where the course may start its own."""
    try:
        return find_engine()
    except NoEngine:
        host = os.environ.get("DOCKER_HOST", "")
        if host not in ("", embedded_address().url) or os.environ.get("DOCKER_CONTEXT"):
            raise  # somebody wants that engine, and no other
    machine.check_system()
    return None


def _whole(where: Layout, found: Address, steps: Steps) -> bool:
    """Whether the engine has its containerd. dockerd answers also without, and restarts it in some 10 s."""
    if found.origin != "embedded" or processes.containerd(where) is not None:
        return True
    with steps.step("Waiting for containerd to be restarted"):
        return processes.wait_until(lambda: _has_containerd(found), _RESTART_SECONDS)


def _has_containerd(address: Address) -> bool:
    """Whether the engine can name its containerd's version, which it asks of it each time."""
    with contextlib.suppress(EngineError), engine_errors(address):
        client = connect(address)
        try:
            parts = client.version().get("Components") or []
        finally:
            client.close()
        return any(part["Name"] == "containerd" and part["Version"] for part in parts)
    return False


@contextlib.contextmanager
def locked(where: Layout) -> Iterator[None]:
    """One process at a time starts or stops the engine. Raises EngineStartFailed after a long wait."""
    try:
        where.run.mkdir(parents=True, exist_ok=True)
        with FileLock(where.lock, timeout=_LOCK_SECONDS):
            yield
    except OSError as error:
        raise file_failure(error) from error
    except Timeout as error:
        raise EngineStartFailed(
            f"Another `course` has been starting or stopping the engine for {_LOCK_SECONDS // 60} minutes.",
            hint=f"See what it does: fuser -v {where.lock}",
        ) from error


def _refuse_beside_another(where: Layout) -> None:
    """Raises EngineStartFailed if another dockerd works on this network, at an unknown place."""
    others = processes.strangers(where)
    if others:
        raise EngineStartFailed(
            f"Another Docker Engine is running here (dockerd, process {others[0]}), where it can't "
            "be found. Two would fight over the bridge docker0 and iptables.",
            hint="Point DOCKER_HOST to its socket (the -H or hosts setting of that dockerd), or stop it.",
        )


def start(where: Layout, unpacked: Unpacked, steps: Steps) -> None:
    """Starts it; undoes what was begun where it doesn't start. For those who have it `locked`."""
    _clear(where)
    where.data_root.mkdir(parents=True, exist_ok=True, mode=0o710)
    where.log.parent.mkdir(parents=True, exist_ok=True)
    machine.check_ground(where)
    if cgroups.in_container():
        _make_room()
    before.remember(where.before, where.data_root)
    try:
        disk.ensure_overlay(where, steps)
        _start_patiently(where, unpacked, steps)
    except BaseException:  # also Ctrl-C: what was begun is undone
        _clear(where)
        before.put_back(where.before)
        raise


def _start_patiently(where: Layout, unpacked: Unpacked, steps: Steps) -> None:
    for left in reversed(range(_TRIES)):
        try:
            _start_daemon(where, unpacked)
        except ContainerdSlow as slow:
            if not left:
                raise
            steps.note(f"{slow} Trying again.")
            _clear(where)
        else:
            return


def _start_daemon(where: Layout, unpacked: Unpacked) -> None:
    since = rotate(where.log)
    settings = configuration(where, unpacked, links.routes())
    if own_containerd.wanted():
        launch(["containerd", "--config", own_containerd.configure(where)], unpacked, where.log)
        settings["containerd"] = str(own_containerd.socket(where))
        processes.wait_until(own_containerd.socket(where).exists, _START_SECONDS)
    where.config.write_text(json.dumps(settings, indent=2))
    pid = launch([unpacked.dockerd, "--config-file", where.config], unpacked, where.log)
    processes.wait_until(lambda: _answers_or_died(pid), _START_SECONDS)
    if not processes.running(pid) or not answers(embedded_address()):
        processes.stop([pid], signal.SIGTERM, 10)
        raise start_failure(where.log, since)


def stop(where: Layout, steps: Steps) -> bool:
    """Stops the engine and clears what it left; returns whether it ran."""
    pid = processes.daemon(where)
    if pid is not None:
        with steps.step("Stopping the course's engine"):
            processes.stop([pid], signal.SIGTERM, _STOP_SECONDS)
    _clear(where)
    _restore_network(where, steps)
    return pid is not None


def _answers_or_died(pid: int) -> bool:
    return answers(embedded_address(), timeout=2) or not processes.running(pid)


def _clear(where: Layout) -> None:
    """Ends the engine's processes, undoes its mounts and removes its sockets. The data stays."""
    left = processes.ours(where)
    left = processes.stop(left, signal.SIGTERM, 3) if left else []
    # A killed shim can leave a container's process behind, which appears only now.
    for _ in range(3):
        left = processes.ours(where)
        if not left:
            break
        processes.stop(left, signal.SIGKILL, 5)
    mounts.unmount(mounts.below(where.exec_root))
    mounts.unmount(before.added_mounts(where.before, where.data_root))
    stuck = [*mounts.below(where.exec_root), *before.added_mounts(where.before, where.data_root)]
    if left or stuck:
        raise EngineStartFailed(
            "Something that the course's engine left behind won't go.",
            hint="Restart the machine; the engine's data is safe. Then: course up",
            detail="\n".join([*(f"process {pid}" for pid in left), *(f"mount {point}" for point in stuck)]),
        )
    shutil.rmtree(where.exec_root, ignore_errors=True)
    for file in (where.pid_file, where.socket, where.config):
        file.unlink(missing_ok=True)


def _restore_network(where: Layout, steps: Steps) -> None:
    """Takes bridges and rules away, unless another engine has come meanwhile: they may be its own by now."""
    if processes.strangers(where) or any(_answers_or_denies(one) for one in sockets()):
        steps.note("Another engine is running by now; bridges and iptables rules are left to it.")
        where.before.unlink(missing_ok=True)
        return
    for complaint in before.put_back(where.before):
        steps.note(f"Could not undo: {complaint}")


def _answers_or_denies(address: Address) -> bool:
    try:
        probe(address)
    except EngineDenied:
        return True
    except EngineError:
        return False
    return True


def _delete_data(where: Layout) -> None:
    inside = [point for point in mounts.below(where.data_root) if point != where.data_root]
    if inside:  # never delete through a mount: it may be the learner's own folder
        raise EngineStartFailed(
            f"{inside[0]} is still mounted below the engine's data; nothing was deleted.",
            hint=f"See: findmnt {inside[0]}",
        )
    disk.delete(where)
    if not where.data_root.exists():
        return
    for entry in where.data_root.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    if not mounts.below(where.data_root):  # a disk of its own stays mounted, empty
        where.data_root.rmdir()


def _make_room() -> None:
    try:
        cgroups.make_room()
    except OSError as error:
        raise EngineStartFailed(
            "The course's engine can't start in this container: its control groups can't be written.",
            hint="Run the container with --privileged --cgroupns=private. Then: course up",
            detail=str(error),
        ) from error

"""What the machine must offer before the course can start an engine, and what else one can do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from course.engine.embedded import apt, mounts
from course.engine.embedded.layout import Layout
from course.errors import EngineStartFailed, NoEngine, PackageError
from course.steps import SILENT, Steps

MIN_FREE = 300_000_000
"""Bytes that must be free where the engine keeps its data, or it is not started."""
# What Debian's package puts where, and what it is for. The unpacked engine can't do without them, and can't
# bring them along either: they depend on the host's libraries.
Pieces = tuple[tuple[str, tuple[str, ...], str], ...]
_PIECES: Pieces = (
    ("runc", ("/usr/sbin/runc", "/usr/bin/runc"), "starts the containers"),
    ("iptables", ("/usr/sbin/iptables", "/sbin/iptables"), "connects them to the network"),
    ("ca-certificates", ("/etc/ssl/certs/ca-certificates.crt",), "lets registries prove who they are"),
)
DISK_PIECES: Pieces = (
    (
        "e2fsprogs",
        ("/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"),
        "makes the disk that the engine's data needs here",
    ),
)
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def check_system() -> None:
    """Returns where the course can start an engine: Linux, root, apt. Raises NoEngine with the options."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    told = options(sys.platform, root=root, debian=shutil.which("apt-get") is not None)
    if told:
        raise NoEngine(told[0], hint=told[1])


def options(system: str, *, root: bool, debian: bool) -> tuple[str, str] | None:
    """Where no engine answers: why the course can't start one, and what one can do; None where it can.

    `system` is sys.platform.
    """
    if system == "darwin":
        return (
            "No Docker Engine answers, and on macOS the course can't bring one.",
            "Start Docker Desktop, Colima (brew install colima docker; colima start), Rancher Desktop "
            "or Podman. Or point DOCKER_HOST to an engine elsewhere. Then: course doctor",
        )
    if system in ("win32", "cygwin"):
        return (
            "No Docker Engine answers, and on Windows the course can't bring one.",
            "Start Docker Desktop or Rancher Desktop; or work in WSL 2 (wsl --install -d Debian), "
            "where it can. Then: course doctor",
        )
    if not system.startswith("linux"):
        return (
            f"No Docker Engine answers, and on {system} the course can't bring one.",
            "Point DOCKER_HOST to an engine elsewhere. Then: course doctor",
        )
    if not debian:
        return (
            "No Docker Engine answers. The course brings one from Debian packages, and there is no apt here.",
            "Install Docker Engine: https://docs.docker.com/engine/install/ . Then: course doctor",
        )
    if not root:
        return (
            "No Docker Engine answers, and starting one takes root.",
            "Run the course as root: sudo make lab; "
            "or ask whoever looks after this machine for Docker Engine; "
            "or set up rootless Docker (https://docs.docker.com/engine/security/rootless/); "
            "or point DOCKER_HOST to an engine elsewhere.",
        )
    return None


def ensure_pieces(steps: Steps = SILENT, pieces: Pieces = _PIECES) -> None:
    """Installs, with the host's apt-get, what of the small runtime pieces is missing; each is named before.

    Raises PackageError.
    """
    lacking = [(name, purpose) for name, files, purpose in pieces if not _present(name, files)]
    if not lacking:
        return
    for name, purpose in lacking:
        steps.note(f"Will install Debian's package {name}: it {purpose}.")
    names = [name for name, _ in lacking]
    with steps.step(f"Installing {', '.join(names)}"):
        run = _install(names)
        if run.returncode:  # perhaps for want of package lists: Debian's container images have none
            update = _apt_get("update")
            run = _install(names)
            if run.returncode:
                raise apt.failure(f"{update.stdout}\n{run.stdout}", f"Debian's {', '.join(names)}")
    still = [name for name, files, _ in pieces if not _present(name, files)]
    if still:
        raise PackageError(
            f"{', '.join(still)} can't be found though apt-get installed it.", detail=run.stdout[-2000:]
        )


def check_ground(where: Layout) -> None:
    """Returns where there are control groups and free space. The data root must exist.

    Raises EngineStartFailed with the reason.
    """
    if not mounts.cgroup_mounted():
        raise EngineStartFailed(
            "The course's engine can't start: no cgroup file system is mounted.",
            hint="In a container: run it with --privileged. On a minimal system: "
            "mount -t cgroup2 none /sys/fs/cgroup. Then: course up",
        )
    free = shutil.disk_usage(where.data_root).free
    if free < MIN_FREE:
        raise EngineStartFailed(
            f"The course's engine can't start: only {free / 1e6:.0f} MB are free at {where.data_root}.",
            hint="Free some space, or set COURSE_HOME to a folder on another disk. Then: course up",
        )


def _present(name: str, files: tuple[str, ...]) -> bool:
    return any(Path(file).exists() for file in files) or shutil.which(name, path=SEARCH_PATH) is not None


def _install(names: list[str]) -> subprocess.CompletedProcess[str]:
    return _apt_get("install", "--yes", "--no-install-recommends", *names)


def _apt_get(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )

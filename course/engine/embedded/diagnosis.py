"""Why dockerd did not come up, read from its log."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from course.errors import ContainerdSlow, EngineStartFailed

_LINES = 12

# moby, libcontainerd/supervisor/remote_daemon.go: waitForStartup
_SLOW = "timeout waiting for containerd"

# dockerd's words (grep "failed to start daemon" in a log), the fact, and the next step.
_CAUSES = (
    (
        r"no space left on device",
        "The disk is full.",
        "Free some space, or set COURSE_HOME to a folder on another disk. Then: course up",
    ),
    (
        r"iptables.*(not found|executable file)|failed to find iptables",
        "iptables is missing.",
        "Run: sudo apt-get install iptables   then: course up",
    ),
    (
        r"(iptables|nf_tables).*(Permission denied|you must be root|does not exist|Failed to initialize)"
        r"|Table does not exist|can't initialize iptables",
        "iptables may not be used here: no kernel modules for it, or a container without privileges.",
        "On a machine of your own: sudo modprobe ip_tables nf_tables. A container needs --privileged.",
    ),
    (
        r"non-overlapping IPv4 address pool|address pools have been fully subnetted|Pool overlaps",
        "No address range is free for containers.",
        "See `ip route`; a VPN often takes them all. Disconnect it, then: course up",
    ),
    (
        r"[Ee]rror (creating|initializing).*(bridge|docker0)|network controller.*(docker0|bridge)",
        "The bridge docker0 could not be made: the name or its address is taken.",
        "See `ip address show docker0`. If nothing needs it: sudo ip link delete docker0. Then: course up",
    ),
    (
        r"address already in use|can't create unix socket",
        "A socket or port that the engine needs is taken.",
        "Run: course down   then: course up",
    ),
    (
        r"[Dd]evices cgroup isn't mounted|cgroup mountpoint does not exist|cgroups?: .*not mounted",
        "No cgroup file system is mounted.",
        "A container needs --privileged; a minimal system: mount -t cgroup2 none /sys/fs/cgroup",
    ),
    (
        r"overlay.*not supported|driver not supported|error initializing graphdriver",
        "The file system of the engine's data can't carry overlay.",
        "Set COURSE_HOME to a folder on ext4, xfs or btrfs (in a container: on a volume). Then: course up",
    ),
    (
        _SLOW,
        "containerd, which the engine is built on, did not come up in time.",
        "Is the disk very busy? Run: course down   then: course up",
    ),
    (
        r"failed to start containerd|containerd.*exited",
        "containerd, which the engine is built on, did not come up.",
        "Run: course down   then: course up",
    ),
    (
        r"operation not permitted|permission denied",
        "This machine forbids something that an engine must do. Is it a container without privileges?",
        "Run the container with --privileged, or use an engine elsewhere by DOCKER_HOST.",
    ),
)


def start_failure(log: Path, since: int) -> EngineStartFailed:
    """The error for a dockerd that ended or never answered. `since`: the log's size, in bytes, before."""
    text = _text(log, since)
    complaints = [line for line in text.splitlines() if re.search(r"level=(error|fatal)|^failed", line)]
    told = "\n".join(complaints) or text
    for pattern, fact, hint in _CAUSES:
        if re.search(pattern, told):
            fact = f"The course's engine did not come up. {fact}"
            kind = ContainerdSlow if pattern == _SLOW else EngineStartFailed
            return kind(fact, hint=hint, detail=last_lines(text))
    return EngineStartFailed(
        "The course's engine did not come up.",
        hint=f"Read its log, {log}. Then: course doctor",
        detail=last_lines(text),
    )


def file_failure(error: OSError) -> EngineStartFailed:
    """The error for a file of the engine's that we could not write ourselves."""
    fact = "The disk is full." if error.errno in (errno.ENOSPC, errno.EDQUOT) else "A file can't be written."
    return EngineStartFailed(
        f"The course's engine can't be started or stopped. {fact}",
        hint="Free some space there, or set COURSE_HOME to a folder elsewhere. Then: course up",
        detail=str(error),
    )


def last_lines(text: str) -> str:
    """The end of a log: the last lines that matter, without time stamps."""
    lines = [
        line for line in text.splitlines() if not re.search(r"level=(debug|info)", line)
    ] or text.splitlines()
    return "\n".join(re.sub(r'^time="[^"]*" ', "", line)[:400] for line in lines[-_LINES:])


def _text(log: Path, since: int) -> str:
    try:
        with log.open("rb") as file:
            file.seek(since)
            return file.read().decode(errors="replace")
    except OSError:
        return ""

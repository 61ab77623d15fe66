"""The processes of a container, as the kernel has them: read by a container of ours in its process namespace.

Nothing is asked of the learner's image, and nothing that it says about itself is believed: what USER names
may step up or down when it starts, and what a health check runs may be somebody else again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from checkers.attempt import Attempt
from checkers.cage import IMAGE
from checkers.running import Running
from course.errors import CourseError

# The kernel's numbers for them (linux/capability.h), as `docker run --cap-add` writes the names.
_CAPABILITIES = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
    "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW",
    "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
    "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
    "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
    "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
]  # fmt: skip
# A process may end between two lines; what is left of it is passed over. Its command line is cut: a megabyte
# of it would hide the others. $$ is the looker's own shell, which is in the namespace, too.
_LOOK = (
    'echo "looker $$"; cd /proc; for p in [0-9]*; do echo "process $p"; '
    "grep -E '^(PPid|Uid|Gid|Groups|NoNewPrivs|Seccomp|Cap(Inh|Prm|Eff|Bnd|Amb)):' $p/status; "
    "echo \"command $(head -c 300 $p/cmdline | tr '\\000\\n' '  ')\"; done 2>/dev/null; echo done"
)


@dataclass(frozen=True)
class Process:
    """One process. User and group ids are as the container sees them."""

    pid: int  # in the container; 1 is its first
    parent: int
    command: str  # the beginning of its command line; "" of one that has ended
    uids: tuple[int, ...]  # real, effective, saved, of the file system
    gids: tuple[int, ...]
    groups: tuple[int, ...] = ()
    effective: int = 0  # capabilities in use, a bit each
    permitted: int = 0  # that it may take up again
    bounding: int = 0  # that it or its children could ever get
    no_new_privileges: bool = False

    @property
    def is_root(self) -> bool:
        """Whether it is root, or can become it again without asking anybody."""
        return 0 in self.uids

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The names of those that it has, in use or ready to be."""
        return names(self.effective | self.permitted)

    def __str__(self) -> str:
        return f"process {self.pid}, `{self.command[:80] or '(ended)'}`, user {self.uids[1]}"


def processes(attempt: Attempt, running: Running) -> tuple[Process, ...]:
    """What runs in the container now, the first process first; () if it has ended."""
    try:
        looker = attempt.run(
            IMAGE,
            ["sh", "-c", _LOOK],
            network=None,
            network_mode="none",
            pid_mode=f"container:{running.container.id}",
        )
    except CourseError:
        if running.state()["Running"]:
            raise
        return ()  # it ended a moment ago, and took its namespace with it
    looker.wait_exit(attempt.limits.run)
    return parse(looker.container.logs(stderr=False).decode("utf-8", "replace"))


def names(mask: int) -> tuple[str, ...]:
    """The capabilities of a mask as /proc writes it, in the kernel's order."""
    known = [name for bit, name in enumerate(_CAPABILITIES) if mask >> bit & 1]
    return (
        *known,
        *(f"CAP_{bit}" for bit in range(len(_CAPABILITIES), mask.bit_length()) if mask >> bit & 1),
    )


def parse(text: str) -> tuple[Process, ...]:
    """The processes in what the looker said, without the looker's own."""
    found = [one for part in re.split(r"^process ", text, flags=re.MULTILINE)[1:] if (one := _process(part))]
    own = re.match(r"looker (\d+)", text)
    looker = int(own[1]) if own else 0
    return tuple(
        sorted(
            (one for one in found if looker not in (one.pid, one.parent)),
            key=lambda one: one.pid,
        )
    )


def _process(part: str) -> Process | None:
    number, _, rest = part.partition("\n")
    told = dict(re.findall(r"^(\w+):[ \t]*(.*)$", rest, re.MULTILINE))
    if "Uid" not in told or not number.strip().isdigit():
        return None  # it ended meanwhile
    command = re.search(r"^command (.*)$", rest, re.MULTILINE)
    effective, permitted, bounding = (
        int(told.get(name) or "0", 16) for name in ("CapEff", "CapPrm", "CapBnd")
    )
    return Process(
        int(number),
        int(told.get("PPid") or 0),
        command[1].strip() if command else "",
        _numbers(told["Uid"]),
        _numbers(told.get("Gid", "")),
        _numbers(told.get("Groups", "")),
        effective,
        permitted,
        bounding,
        told.get("NoNewPrivs", "0").strip() == "1",
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split())

"""What root is made of: the kernel's capabilities, read from a process's `/proc/PID/status`.

`read_status(text)` says which of them the process has, which it could still get, and what else holds it. The
bits are those of Linux' include/uapi/linux/capability.h, the meaning of the sets is in capabilities(7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from course.errors import InputError

# In the order of their bits: CHOWN is 0, CHECKPOINT_RESTORE is 40. The kernel only ever adds at the end.
NAMES: tuple[str, ...] = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
    "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK",
    "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT",
    "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE",
    "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND",
    "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
)  # fmt: skip

MEANING: Mapping[str, str] = {
    "CHOWN": "give files to others",
    "DAC_OVERRIDE": "read and write any file",
    "DAC_READ_SEARCH": "read any file",
    "FOWNER": "act as the owner of any file",
    "FSETID": "keep the setuid bit of a file",
    "KILL": "send signals to any process",
    "SETGID": "become any group",
    "SETUID": "become any user",
    "SETPCAP": "give up capabilities for good",
    "NET_BIND_SERVICE": "listen on ports below 1024",
    "NET_ADMIN": "change interfaces, routes, firewall",
    "NET_RAW": "make packets by hand",
    "SYS_MODULE": "load code into the kernel",
    "SYS_RAWIO": "reach hardware directly",
    "SYS_CHROOT": "change the root folder",
    "SYS_PTRACE": "look into any process",
    "SYS_ADMIN": "mount, and a hundred other things",
    "SYS_BOOT": "restart the machine",
    "SYS_TIME": "set the clock",
    "MKNOD": "make device files",
    "AUDIT_WRITE": "write to the kernel's audit log",
    "SETFCAP": "give capabilities to programs",
    "BPF": "load BPF programs",
}
"""A few words for those that a lesson meets."""


class Hold(Enum):
    """How far a process has a capability. `value` is how a reader is told."""

    EFFECTIVE = "has it"
    PERMITTED = "may switch it on"
    BOUNDING = "can get it"  # by running a program that brings it: a setuid one, for example
    NONE = "out of reach"


@dataclass(frozen=True)
class Privileges:
    """What a process may do, as the kernel tells of it. `user` is its effective user's number."""

    user: int
    effective: frozenset[str]
    permitted: frozenset[str]
    bounding: frozenset[str]
    no_new_privileges: bool = False
    seccomp: bool = False

    def hold(self, capability: str) -> Hold:
        """How far the process has `capability`, a name without CAP_."""
        for kind, names in (
            (Hold.EFFECTIVE, self.effective),
            (Hold.PERMITTED, self.permitted),
            # no_new_privs means: a program that is started brings nothing that its starter didn't have.
            (Hold.BOUNDING, frozenset() if self.no_new_privileges else self.bounding),
        ):
            if capability in names:
                return kind
        return Hold.NONE


def decode(mask: str) -> tuple[str, ...]:
    """The names of the bits that are set in `mask`, hexadecimal as the kernel writes it: `a80425fb`.

    A bit newer than this list is named by its number. Raises InputError if it is no such mask.
    """
    try:
        bits = int(mask, 16)
    except ValueError:
        raise InputError(f"{mask!r} is no set of capabilities: hexadecimal digits are expected.") from None
    return tuple(
        NAMES[bit] if bit < len(NAMES) else str(bit) for bit in range(bits.bit_length()) if bits >> bit & 1
    )


def read_status(text: str) -> Privileges:
    """The privileges in the text of a `/proc/PID/status`. Raises InputError if lines are missing."""
    told = {key: words.split() for key, _, words in (line.partition(":") for line in text.splitlines())}
    try:
        return Privileges(
            user=int(told["Uid"][1]),  # real, effective, saved, file system
            effective=frozenset(decode(told["CapEff"][0])),
            permitted=frozenset(decode(told["CapPrm"][0])),
            bounding=frozenset(decode(told["CapBnd"][0])),
            no_new_privileges=told.get("NoNewPrivs") == ["1"],
            seccomp=told.get("Seccomp", ["0"]) != ["0"],
        )
    except (KeyError, IndexError, ValueError):
        raise InputError(
            "This is not the status of a process: user or capabilities are missing.",
            hint="Read it whole: cat /proc/1/status",
        ) from None

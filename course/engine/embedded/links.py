"""Network links by the kernel's own calls: a minimal system has no `ip` program."""

from __future__ import annotations

import ipaddress
import re
import socket
import struct
from pathlib import Path

Network = ipaddress.IPv4Network
BRIDGE_NAME = re.compile(r"^(docker0|docker_gwbridge|br-[0-9a-f]{12})$")
"""The names that an engine gives to its bridges."""
_GET_FLAGS, _SET_FLAGS, _DELETE_BRIDGE = 0x8913, 0x8914, 0x89A1  # SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCBRDELBR
_UP = 0x1  # IFF_UP


def names() -> list[str]:
    """The links of this network namespace."""
    return [name for _, name in socket.if_nameindex()]


def bridges() -> list[str]:
    """Those that carry the name of an engine's bridge."""
    return [name for name in names() if BRIDGE_NAME.match(name)]


def delete_bridge(name: str) -> None:
    """Takes a bridge down and deletes it. Raises OSError if it is no bridge, or gone."""
    import fcntl  # not on Windows, where this module must be importable all the same

    encoded = name.encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        answer = fcntl.ioctl(control, _GET_FLAGS, struct.pack("16sH14x", encoded, 0))
        flags = struct.unpack_from("16sH", answer)[1]
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH14x", encoded, flags & ~_UP))
        fcntl.ioctl(control, _DELETE_BRIDGE, struct.pack("16s", encoded))


def routes(table: Path = Path("/proc/net/route")) -> list[Network]:
    """The IPv4 networks that the host routes somewhere, without the default route."""
    found = []
    for line in table.read_text().splitlines()[1:]:
        fields = line.split()
        target, mask = (int.from_bytes(bytes.fromhex(fields[i]), "little") for i in (1, 7))
        if mask:
            found.append(Network((target & mask, mask.bit_count())))
    return found

"""dockerd's configuration file for the embedded engine."""

from __future__ import annotations

from typing import Any

from course.engine.embedded.layout import Layout
from course.engine.embedded.links import Network
from course.engine.embedded.packages import Unpacked
from course.errors import EngineStartFailed

# The pools that dockerd takes networks from if told of none: moby, libnetwork/ipamutils.
DEFAULT_POOLS = [Network(f"172.{second}.0.0/16") for second in range(17, 32)] + [
    Network(f"192.168.{third}.0/20") for third in range(0, 256, 16)
]
# Private and benchmarking ranges that are seldom routed, for hosts that route all of the above (VPNs do).
_OTHER_POOLS = [Network(f"10.{second}.0.0/16") for second in (*range(201, 255), *range(1, 201))] + [
    Network("198.18.0.0/16"),
    Network("198.19.0.0/16"),
]
_POOLS_WANTED = 4


def configuration(where: Layout, unpacked: Unpacked, routes: list[Network]) -> dict[str, Any]:
    """The content of daemon.json. `routes` are the host's IPv4 networks.

    Raises EngineStartFailed when every address range is taken.
    """
    settings: dict[str, Any] = {
        "data-root": str(where.data_root),
        "exec-root": str(where.exec_root),
        "pidfile": str(where.pid_file),
        "hosts": [f"unix://{where.socket}"],
        "userland-proxy-path": str(unpacked.root / "usr/sbin/docker-proxy"),
        # A container that prints without end must not fill the disk.
        "log-opts": {"max-size": "20m", "max-file": "2"},
    }
    if unpacked.init:
        settings["init-path"] = str(unpacked.init)
    if unpacked.store == "containerd":
        settings["features"] = {"containerd-snapshotter": True}
    else:
        settings["storage-driver"] = "overlay2"  # named, so that it fails rather than fall back to vfs
    pools = address_pools(routes)
    if pools:
        settings["default-address-pools"] = [{"base": str(pool), "size": 24} for pool in pools]
    return settings


def address_pools(routes: list[Network]) -> list[Network]:
    """Pools to name in the configuration; none while dockerd's own choice has a free one.

    Raises EngineStartFailed when every address range is taken.
    """
    if any(not _taken(pool, routes) for pool in DEFAULT_POOLS):
        return []
    free = [pool for pool in _OTHER_POOLS if not _taken(pool, routes)]
    if not free:
        raise EngineStartFailed(
            "This machine routes every address range that containers could use. A VPN often does that.",
            hint="Disconnect the VPN, or see `ip route`. Then: course up",
            detail=", ".join(str(route) for route in routes),
        )
    return free[:_POOLS_WANTED]


def _taken(pool: Network, routes: list[Network]) -> bool:
    return any(pool.overlaps(route) for route in routes)

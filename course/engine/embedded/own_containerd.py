"""A containerd of the engine's own, on machines that run another one.

dockerd starts its own containerd, unless one listens at the usual place, as on a Kubernetes node: then it
would use that, and put its images and containers there. So it is handed one, with the same folders.
"""

from __future__ import annotations

import os
from pathlib import Path

from course.engine.embedded.layout import Layout

SYSTEM = Path("/run/containerd/containerd.sock")
"""Where dockerd looks: moby, cmd/dockerd/daemon_unix.go, systemContainerdRunning."""

_CONFIGURATION = """\
version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]

[grpc]
  address = "{socket}"
"""


def wanted() -> bool:
    """Whether dockerd would take somebody else's containerd."""
    return os.path.lexists(SYSTEM)


def socket(where: Layout) -> Path:
    """Where the engine's own containerd listens, whoever starts it."""
    return where.containerd / "containerd.sock"


def configure(where: Layout) -> Path:
    """Writes its configuration, with the folders that dockerd gives the one it starts; returns the file."""
    where.containerd.mkdir(parents=True, exist_ok=True, mode=0o711)
    file = where.containerd / "own.toml"
    file.write_text(
        _CONFIGURATION.format(
            root=where.data_root / "containerd/daemon",
            state=where.containerd / "daemon",
            socket=socket(where),
        )
    )
    return file

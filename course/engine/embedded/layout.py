"""Where the embedded engine keeps its things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from course.paths import paths


@dataclass(frozen=True)
class Layout:
    """Files and folders of one embedded engine. None is created by asking for its name."""

    programs: Path  # the unpacked packages lie below
    run: Path
    data_root: Path
    log: Path

    @property
    def socket(self) -> Path:
        return self.run / "docker.sock"

    @property
    def disk(self) -> Path:
        """The disk for the data root, where it needs one."""
        return self.data_root.with_suffix(".img")

    @property
    def config(self) -> Path:
        """dockerd's configuration. Its path on a command line marks our dockerd."""
        return self.run / "daemon.json"

    @property
    def pid_file(self) -> Path:
        return self.run / "docker.pid"

    @property
    def exec_root(self) -> Path:
        # A path below it on a command line marks our containerd, shims and runc.
        # One letter: containerd's socket below it must fit into a socket address of 108 bytes.
        return self.run / "x"

    @property
    def containerd(self) -> Path:
        """The folder of containerd's sockets."""
        return self.exec_root / "containerd"

    @property
    def before(self) -> Path:
        """The state of the machine before the engine was started."""
        return self.run / "before.json"

    @property
    def lock(self) -> Path:
        return self.run / "engine.lock"


def layout() -> Layout:
    """The layout in force now (see course.paths)."""
    where = paths()
    return Layout(
        programs=where.cache / "engine",
        run=where.run,
        data_root=where.data / "engine",
        log=where.log / "dockerd.log",
    )

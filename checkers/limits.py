"""What a learner's code may use while it is checked. One place: rules, messages and tests read it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MIB = 1024 * 1024
GIB = 1024 * MIB
FILE_COST = 4096
"""Bytes of `Limits.disk` that each file of a build counts, besides what is in it: one block. A disk that has
no inode left is as full as any, and empty files take nothing else."""


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds. `build` and `run` are the deadlines of one build and one wait."""

    memory: int = 512 * MIB  # no swap on top
    cpus: float = 1.0
    pids: int = 256
    files: int = 1024  # open files of one process
    file_size: int = 1 * GIB  # of one file
    disk: int = 2 * GIB  # eaten by one build (see FILE_COST), or by one container's own files
    context: int = 100 * MIB
    context_files: int = 20_000
    log: int = 1 * MIB  # of a container's output that is kept
    build: float = 120.0
    run: float = 20.0
    # Of a Compose project. Each of its containers has the memory, CPUs and processes above.
    up: float = 60.0  # until all is started that waits for something else
    containers: int = 8
    networks: int = 6
    volumes: int = 12
    restarts: int = 10  # of one container that ends again and again

    def ulimits(self) -> list[dict[str, Any]]:
        """As `POST /build` and a container's HostConfig want them. They hold for each process."""
        return [
            {"Name": name, "Soft": value, "Hard": value}
            for name, value in (("nofile", self.files), ("fsize", self.file_size), ("core", 0))
        ]

    def host_config(self) -> dict[str, Any]:
        """docker-py's arguments of a container that runs a learner's image."""
        return {
            **self.cage(),
            "log_config": {"Type": "json-file", "Config": self.log_options()},
            "security_opt": ["no-new-privileges"],
        }

    def log_options(self) -> dict[str, str]:
        """Of the json-file driver."""
        return {"max-size": str(self.log), "max-file": "1"}

    def cage(self) -> dict[str, Any]:
        """docker-py's arguments for the container whose control group holds a build."""
        return {
            "mem_limit": self.memory,
            "memswap_limit": self.memory,
            "nano_cpus": int(self.cpus * 1e9),
            "pids_limit": self.pids,
            "ulimits": self.ulimits(),
        }

    def __str__(self) -> str:
        return (
            f"{size(self.memory)} of memory, {self.cpus:g} CPU, {self.pids} processes, "
            f"{size(self.disk)} of disk, {self.build:.0f} s to build, {self.run:.0f} s to start"
        )


DEFAULT = Limits()
REVIEW = Limits(
    memory=2 * GIB,
    cpus=2.0,
    pids=1024,
    files=16_384,
    file_size=4 * GIB,
    disk=10 * GIB,
    context=1 * GIB,
    context_files=100_000,
    build=1800.0,
)
"""For `course review`: a project of one's own downloads and compiles more than an exercise does."""


def size(count: float) -> str:
    """A count of bytes for a reader: 512 MiB, 1.5 GiB."""
    for unit, scale in (("GiB", GIB), ("MiB", MIB), ("KiB", 1024)):
        if count >= scale:
            return f"{count / scale:.1f}".removesuffix(".0") + f" {unit}"
    return f"{count:.0f} bytes"

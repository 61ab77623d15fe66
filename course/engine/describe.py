"""What an engine is: its versions, how it keeps images, and what it may use of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import docker

from course.engine.address import Address
from course.engine.failures import engine_errors
from course.engine.find import embedded_address

_CONTAINERD_DRIVER_TYPE = "io.containerd.snapshotter.v1"


@dataclass(frozen=True)
class Engine:
    """One engine, as it described itself."""

    version: str  # 28.5.2+dfsg4
    api_version: str  # 1.51, the newest it speaks
    store: str  # "containerd", or the graph driver's name, such as "overlay2"
    os: str  # linux, windows
    arch: str  # amd64, arm64
    kernel: str
    cgroup_version: str  # "1" or "2"; "" where the engine doesn't say
    cgroup_driver: str  # cgroupfs, systemd, none
    rootless: bool
    embedded: bool  # the course's own
    is_podman: bool
    is_desktop: bool  # Docker Desktop's virtual machine
    address: str  # as docker's tools write it
    cpus: int
    memory: int  # bytes that the engine's machine has
    root: str  # the folder where it keeps images and volumes, on the engine's machine

    @property
    def number(self) -> tuple[int, int]:
        """Major and minor version, to compare with: (28, 5). (0, 0) where it can't be told."""
        return version_number(self.version)

    def to_json(self) -> dict[str, Any]:
        """All fields, as `course doctor --json` shows them."""
        return asdict(self)


def describe(client: docker.DockerClient, address: Address) -> Engine:
    """Asks the engine that `client` is connected to. `address` is how it was found.

    Two calls, `/info` and `/version`, whose fields used here are the same from Engine 20.10 to 29
    (docs.docker.com/reference/api/engine). Raises EngineGone, EngineDenied or EngineRefused.
    """
    with engine_errors(address):
        return parse(client.info(), client.version(), address)


def parse(info: dict[str, Any], version: dict[str, Any], address: Address) -> Engine:
    """The engine behind an answer to `/info` and one to `/version`."""
    components = {str(part.get("Name", "")) for part in version.get("Components") or []}
    system = str(info.get("OperatingSystem", ""))
    return Engine(
        version=str(version.get("Version") or info.get("ServerVersion") or ""),
        api_version=str(version.get("ApiVersion", "")),
        store=store_of(info),
        os=str(version.get("Os") or info.get("OSType") or ""),
        arch=str(version.get("Arch") or info.get("Architecture") or ""),
        kernel=str(info.get("KernelVersion", "")),
        cgroup_version=str(info.get("CgroupVersion", "")),
        cgroup_driver=str(info.get("CgroupDriver", "")),
        rootless=any("name=rootless" in option for option in info.get("SecurityOptions") or []),
        embedded=address.origin == "embedded" or address.url == embedded_address().url,
        is_podman="Podman Engine" in components,
        is_desktop="Docker Desktop" in system or info.get("Name") == "docker-desktop",
        address=address.url,
        cpus=int(info.get("NCPU") or 0),
        memory=int(info.get("MemTotal") or 0),
        root=str(info.get("DockerRootDir", "")),
    )


def version_number(text: str) -> tuple[int, int]:
    """Major and minor of a version such as `28.5.2+dfsg4` or `v2.40.3-3`, (0, 0) where there are none."""
    parts = text.strip().removeprefix("v").split(".")
    try:
        return int(parts[0]), int(parts[1])
    except (ValueError, IndexError):
        return 0, 0


def store_of(info: Mapping[str, Any]) -> str:
    """Where an engine keeps its images, from its `/info`: "containerd", or the graph driver's name."""
    # DriverStatus names the snapshotter only when images are kept by containerd (moby, daemon/containerd).
    status = dict(pair for pair in info.get("DriverStatus") or [] if len(pair) == 2)
    return (
        "containerd" if status.get("driver-type") == _CONTAINERD_DRIVER_TYPE else str(info.get("Driver", ""))
    )

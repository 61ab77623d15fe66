"""What is mounted in a container, whose it is, and how fast the place can be written to.

`mounts_of(containers)` asks the engine and looks inside; `read_writes(lines)` reads a measurement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import median
from typing import Any, Literal

from docker.models.containers import Container

Kind = Literal["volume", "anonymous", "bind", "tmpfs"]
_ANONYMOUS_NAME = 64  # hexadecimal digits; the label on such volumes came with Engine 23 only


@dataclass(frozen=True)
class Mount:
    """One folder of one container that comes from elsewhere.

    `owner` ("1000:1000") and `mode` ("755") are what a process inside sees; "" where nobody could look.
    """

    container: str
    kind: Kind
    source: str  # a volume's name, the last part of a folder's path, "" for memory
    target: str
    writable: bool = True
    owner: str = ""
    mode: str = ""


@dataclass(frozen=True)
class MountMap:
    """The mounts of some containers; `runs_as`: container → the number of the user that its process 1 has."""

    mounts: tuple[Mount, ...]
    runs_as: Mapping[str, str]

    @property
    def containers(self) -> tuple[str, ...]:
        """All of them, also those into which nothing is mounted."""
        return tuple(self.runs_as)


@dataclass(frozen=True)
class Writes:
    """How long the same writing took in one place, round after round, in seconds."""

    place: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Seconds."""
        return median(self.seconds)


def mounts_of(containers: Iterable[Container]) -> MountMap:
    """What the engine mounted into each container, in the order of the paths. Raises docker-py's errors.

    The owner is asked with `stat` inside of a running container; it stays "" where there is none.
    """
    found: list[Mount] = []
    runs_as: dict[str, str] = {}
    for container in containers:
        container.reload()
        told = sorted(_told(container.attrs), key=lambda mount: mount.target)
        looked = _look(container, ["/proc/1", *(mount.target for mount in told)])
        runs_as[str(container.name)] = looked["/proc/1"][0].partition(":")[0]
        for mount in told:
            owner, mode = looked[mount.target]
            found.append(
                Mount(mount.container, mount.kind, mount.source, mount.target, mount.writable, owner, mode)
            )
    return MountMap(tuple(found), runs_as)


def read_writes(lines: str) -> tuple[Writes, ...]:
    """Reads a measurement: a line for each write, `PLACE SECONDS`, the place may have spaces.

    Raises ValueError for a line that ends in no number.
    """
    places: dict[str, list[float]] = {}
    for line in filter(str.strip, lines.splitlines()):
        place, _, seconds = line.strip().rpartition(" ")
        places.setdefault(place, []).append(float(seconds))
    return tuple(Writes(place, tuple(seconds)) for place, seconds in places.items())


def _told(attrs: Mapping[str, Any]) -> Iterator[Mount]:
    name = str(attrs["Name"]).lstrip("/")
    told = attrs.get("Mounts") or []
    for one in told:
        kind, source = _kind(one)
        yield Mount(name, kind, source, str(one["Destination"]), bool(one.get("RW", True)))
    # `docker run --tmpfs` stands in the host's part of the configuration, and not among the mounts.
    listed = {str(one["Destination"]) for one in told}
    for target, options in (attrs.get("HostConfig", {}).get("Tmpfs") or {}).items():
        if target not in listed:
            yield Mount(name, "tmpfs", "", target, "ro" not in options.split(","))


def _kind(one: Mapping[str, Any]) -> tuple[Kind, str]:
    if one["Type"] == "tmpfs":
        return "tmpfs", ""
    if one["Type"] == "bind":
        return "bind", PurePosixPath(str(one["Source"]).replace("\\", "/")).name or "/"
    name = str(one.get("Name", ""))
    digits = set(name) <= set("0123456789abcdef")
    return ("anonymous" if len(name) == _ANONYMOUS_NAME and digits else "volume"), name


def _look(container: Container, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Path → (owner, mode), each "" where nobody could look."""
    seen = dict.fromkeys(paths, ("", ""))
    if container.status == "running":
        # -L isn't wanted: a link that was mounted over is a folder by now. Root may look everywhere.
        said: Any = container.exec_run(["stat", "-c", "%u:%g %a %n", *paths], user="0", stderr=False)
        for line in (said.output or b"").decode(errors="replace").splitlines():
            words = line.split(" ", 2)
            if len(words) == 3 and words[2] in seen:
                seen[words[2]] = (words[0], words[1])
    return seen

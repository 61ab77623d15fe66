"""What a `docker run` attaches its container to: networks, folders and volumes, ports of the host."""

from __future__ import annotations

import csv
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

_RANGE_MAX = 20
_VOLUME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_MODES = {
    "rw",
    "z",
    "Z",
    "nocopy",
    "consistent",
    "cached",
    "delegated",
    "rprivate",
    "private",
    "volume-nocopy",
}


@dataclass(frozen=True)
class Published:
    """A port of the container that the host answers for. `host` is "" where any free one will do."""

    ip: str
    host: str
    inside: str  # 80/tcp

    @property
    def kind(self) -> str:
        """tcp or udp."""
        return self.inside.partition("/")[2]


@dataclass(frozen=True)
class Mounted:
    """A folder, volume or tmpfs of the container. `source` is a path, a volume's name, or "" for neither."""

    kind: str  # bind, volume, tmpfs
    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class Joined:
    """A network that the container is in from the start, and how others there may call it."""

    network: str
    aliases: tuple[str, ...] = ()
    ip: str = ""


def published(text: str) -> Iterator[Published]:
    """What `-p` says. Raises ValueError."""
    rest, _, kind = text.partition("/")
    kind = kind or "tcp"
    rest, _, last = rest.rpartition(":")
    address, _, first = rest.rpartition(":")
    if kind not in {"tcp", "udp"} or not last:
        raise ValueError("it takes [ADDRESS:][PORT:]PORT, with the container's port last")
    ip = address.strip("[]")
    if ip:
        ipaddress.ip_address(ip)
    inside, host = _ports(last), _ports(first)
    if host and len(host) != len(inside) and len(inside) != 1:
        raise ValueError("the two ranges of ports differ in length")
    for number, port in enumerate(inside):
        # A range for one port: any of them that is free.
        yield Published(ip, str(host[number]) if host else "", f"{port}/{kind}")


def _ports(text: str) -> list[int]:
    if not text:
        return []
    first, dash, last = text.partition("-")
    if not re.fullmatch(r"\d+", first) or (dash and not re.fullmatch(r"\d+", last)):
        raise ValueError(f"{text} is no port")
    numbers = [int(first), int(last if dash else first)]
    if not (0 < numbers[0] <= numbers[1] < 65536 and numbers[1] - numbers[0] < _RANGE_MAX):
        raise ValueError(f"{text} is no port, nor a range of up to {_RANGE_MAX}")
    return list(range(numbers[0], numbers[1] + 1))


def volume(text: str) -> Mounted:
    """What `-v` says. Raises ValueError."""
    parts = text.split(":")
    if len(parts) > 3 or not all(parts):
        raise ValueError("it takes [SOURCE:]TARGET[:OPTIONS]")
    modes = set(parts[2].split(",")) if len(parts) == 3 else set()
    if strange := modes - _MODES - {"ro"}:
        raise ValueError(f"{', '.join(sorted(strange))} is no option of a folder here")
    source, target = ("", parts[0]) if len(parts) == 1 else (parts[0], parts[1])
    return _checked(Mounted("bind" if _is_path(source) else "volume", source, target, "ro" in modes))


def mount(text: str) -> Mounted:
    """What `--mount` says. Raises ValueError."""
    said = _fields(text)
    kind = said.pop("type", "volume")
    source = said.pop("source", said.pop("src", ""))
    target = said.pop("target", said.pop("dst", said.pop("destination", "")))
    read_only = said.pop("readonly", said.pop("ro", "false")).lower() not in {"false", "0"}
    for harmless in ("volume-nocopy", "bind-propagation", "consistency", "tmpfs-size", "tmpfs-mode"):
        said.pop(harmless, None)
    if said:
        raise ValueError(f"{next(iter(said))} is no field of a mount here")
    if kind not in {"bind", "volume", "tmpfs"}:
        raise ValueError(f"there is no mount of type {kind} here")
    if kind == "bind" and not _is_path(source):
        raise ValueError("a bind mount's source is a path")
    return _checked(Mounted(kind, source, target, read_only))


def joined(text: str) -> Joined:
    """What `--network` says, in its short or its long form. Raises ValueError."""
    if "=" not in text:
        return Joined(text)
    names, aliases, ip = [], [], ""
    for field in next(csv.reader([text])):
        key, _, value = field.partition("=")
        if key == "name":
            names.append(value)
        elif key == "alias":
            aliases.append(value)
        elif key == "ip":
            ip = value
        else:
            raise ValueError(f"{key} is no field of a network here")
    if len(names) != 1:
        raise ValueError("it names no network")
    return Joined(names[0], tuple(aliases), ip)


def _fields(text: str) -> dict[str, str]:
    found = {}
    for field in next(csv.reader([text])):
        key, equals, value = field.partition("=")
        found[key.strip().lower()] = value if equals else "true"
    return found


def _is_path(source: str) -> bool:
    return source.startswith(("/", ".", "~"))


def _checked(found: Mounted) -> Mounted:
    if not found.target.startswith("/"):
        raise ValueError(f"{found.target or 'nothing'} is no absolute path in the container")
    if found.kind == "volume" and found.source and not _VOLUME.fullmatch(found.source):
        raise ValueError("a volume's name has letters, digits, and _ . - after the first")
    return found

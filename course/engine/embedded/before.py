"""The machine before the engine was started, as far as an engine changes it, and the way back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from course.engine.embedded import firewall, links, mounts
from course.engine.embedded.firewall import Table

_SWITCHES = ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding")
"""dockerd turns them on."""


@dataclass(frozen=True)
class Before:
    """What was there. Valid for one boot and one network namespace."""

    epoch: str
    mounts: tuple[str, ...]  # at and below the data root: the learner's own, such as a disk for it
    bridges: tuple[str, ...]
    switches: dict[str, str]
    firewalls: dict[str, dict[str, Table]]


def remember(file: Path, data_root: Path) -> None:
    """Writes down the state of the machine, unless `file` holds it already.

    A crashed engine's additions are still there when the next one starts: the older record is the true one.
    """
    if recall(file) is None:
        file.write_text(json.dumps(asdict(_look(data_root))))


def recall(file: Path) -> Before | None:
    """What was written down; None if nothing was, or for another boot or network namespace."""
    try:
        raw = json.loads(file.read_text())
        firewalls = {
            tool: {name: Table(table["policies"], tuple(table["rules"])) for name, table in tables.items()}
            for tool, tables in raw["firewalls"].items()
        }
        mounted, bridges = tuple(raw["mounts"]), tuple(raw["bridges"])
        before = Before(raw["epoch"], mounted, bridges, raw["switches"], firewalls)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return before if before.epoch == _epoch() else None


def added_mounts(file: Path, data_root: Path) -> list[Path]:
    """Mount points at and below the data root that came since `remember`, the latest first.

    A point is there once for each mount on it. Without a record there is none: the machine was rebooted.
    """
    before = recall(file)
    if before is None:
        return []
    now = mounts.below(data_root)
    for point in before.mounts:
        if Path(point) in now:
            # The oldest mount on a point is the last in the list, and the one that was there before.
            del now[len(now) - 1 - now[::-1].index(Path(point))]
    return now


def put_back(file: Path) -> list[str]:
    """Takes away the bridges and iptables rules that an engine added since `remember`. Returns complaints.

    Without a record nothing is touched: the machine was rebooted since, or the engine was never started here.
    """
    before = recall(file)
    if before is None:
        return []
    complaints = []
    for tool in firewall.TOOLS:
        script = firewall.undo(before.firewalls.get(tool, {}), firewall.save(tool))
        if script and (complaint := firewall.restore(tool, script)):
            complaints.append(f"{tool}: {complaint}")
    for name in set(links.bridges()) - set(before.bridges):
        try:
            links.delete_bridge(name)
        except OSError as error:
            complaints.append(f"{name}: {error}")
    for switch, value in before.switches.items():
        if _read(switch) != value:
            Path(switch).write_text(value)
    file.unlink(missing_ok=True)
    return complaints


def _look(data_root: Path) -> Before:
    return Before(
        epoch=_epoch(),
        mounts=tuple(map(str, mounts.below(data_root))),
        bridges=tuple(links.bridges()),
        switches={switch: value for switch in _SWITCHES if (value := _read(switch))},
        firewalls={tool: firewall.save(tool) for tool in firewall.TOOLS},
    )


def _epoch() -> str:
    return f"{_read('/proc/sys/kernel/random/boot_id')} {Path('/proc/self/ns/net').readlink()}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""

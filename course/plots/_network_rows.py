"""The networks of a host with many containers: the map turned, a row a container and a column a network."""

from __future__ import annotations

from typing import Any

from matplotlib.patches import FancyBboxPatch

from course.networks.model import Container, Network, NetworkMap, Published
from course.plots._network_look import GROUND, look, notes, short
from course.plots.picture import Picture
from course.plots.style import FAINT, INK, bare, canvas

_HEAD = 1.15  # inches for the names of the networks
_ROW = 0.47  # a container
_BOX, _HIGH = 1.7, 0.38  # its box
_COLUMN = 1.15  # a network
_CHARACTER = 0.076  # the width of one, in bold
_LEAST = 4.0  # the title's width
_TO = 0.85  # from the host's edge to the boxes where a port leads to one


def network_rows(networks: NetworkMap, title: str) -> Picture:
    """The map of `network_map`, turned: lines and dots mean the same, published ports come from the left."""
    doors = [_door(door) for one in networks.containers for door in one.doors]
    outside = max([0.0, *(_CHARACTER * len(door) + 0.2 for door in doors)])
    box = _TO if doors else 0.15  # the host's edge is at 0
    bars = [box + _BOX + _COLUMN * (place + 0.35) for place in range(len(networks.networks))]
    width = max(box + _BOX + _COLUMN * len(bars) + 0.25, _LEAST)
    height = _HEAD + _ROW * len(networks.containers) + 0.1
    with canvas(outside + width + 0.25, height + 0.6) as (figure, axes):
        bare(axes)
        axes.set_title(title)
        _edge(axes, width, height, outside=bool(doors))
        for network, x in zip(networks.networks, bars, strict=True):
            _bar(axes, network, x, height)
        columns = {network.id: x for network, x in zip(networks.networks, bars, strict=True)}
        for row, one in enumerate(networks.containers):
            _container(axes, one, networks, columns, box, _HEAD + _ROW * (row + 0.5))
        axes.set_xlim(-outside - 0.1, width + 0.1)
        axes.set_ylim(height + 0.1, -0.1)
    return Picture(figure, f"Map of the host's networks. {networks.describe()}".strip())


def _edge(axes: Any, width: float, height: float, *, outside: bool) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (0, 0), width, height, boxstyle="round,pad=0,rounding_size=0.12", facecolor=GROUND,
            edgecolor=INK, linewidth=1.4,
        )
    )  # fmt: skip
    axes.text(0.12, 0.12, "the engine's host", size=9, color=FAINT, va="top", style="italic")
    if outside:
        axes.text(-0.12, 0.12, "outside", size=9, color=FAINT, ha="right", va="top", style="italic")


def _bar(axes: Any, network: Network, x: float, height: float) -> None:
    colour, hatch = look(network)
    axes.bar(
        x, height - _HEAD - 0.1, bottom=_HEAD, width=0.13, color=colour, hatch=hatch, edgecolor="white",
        linewidth=0, zorder=2,
    )  # fmt: skip
    about = [network.kind, *network.subnets[:1], *(["no way out"] if network.internal else [])]
    axes.text(x - 0.07, 0.3, short(network.name, 12), va="center", weight="bold")
    for line, words in enumerate(about):
        axes.text(x - 0.07, 0.52 + 0.18 * line, short(words, 16), va="center", size=8, color=FAINT)


def _container(
    axes: Any, one: Container, networks: NetworkMap, columns: dict[str, float], box: float, y: float
) -> None:
    joined = [(columns[place.network], place) for place in one.attachments if place.network in columns]
    if joined:
        last = max(x for x, _ in joined)
        axes.plot([box + _BOX, last], [y, y], color=GROUND, linewidth=5, zorder=2.4, solid_capstyle="butt")
        axes.plot([box + _BOX, last], [y, y], color=INK, linewidth=1.2, zorder=2.5)
    for x, place in joined:
        axes.plot([x], [y], marker="o", color=INK, markersize=7, zorder=3)
        axes.text(x + 0.13, y - 0.12, place.address, size=8.5, va="center", zorder=3)
    apart = min(0.2, 0.4 / max(len(one.doors), 1))
    for number, door in enumerate(one.doors):
        _port(axes, door, box, y + apart * (number - (len(one.doors) - 1) / 2))
    axes.add_patch(
        FancyBboxPatch(
            (box, y - _HIGH / 2), _BOX, _HIGH, boxstyle="round,pad=0,rounding_size=0.08", facecolor="white",
            edgecolor=INK, linewidth=1.2, zorder=3,
        )
    )  # fmt: skip
    image, *more = notes(one, networks)
    middle = box + _BOX / 2
    axes.text(
        middle, y - 0.08, short(one.name, 21), ha="center", va="center", weight="bold", size=9, zorder=4
    )
    words = short(", ".join(more) or image, 26)
    axes.text(middle, y + 0.1, words, ha="center", va="center", size=7.8, color=FAINT, zorder=4)


def _port(axes: Any, door: Published, box: float, y: float) -> None:
    axes.plot([0, box - 0.08], [y, y], color=INK, linewidth=1.1, linestyle=(0, (4, 2)), zorder=2.6)
    axes.plot([box - 0.07], [y], marker=">", color=INK, markersize=6, zorder=3)
    axes.plot([0], [y], marker="s", color=INK, markersize=8, zorder=3)
    axes.text(-0.12, y, _door(door), size=8.5, ha="right", va="center", weight="bold")
    axes.text(0.1, y - 0.1, f"to {door.port}", size=8, va="center", color=FAINT)


def _door(door: Published) -> str:
    return f"{door.host_ip or '0.0.0.0'}:{door.host_port}"  # noqa: S104  how the engine writes it

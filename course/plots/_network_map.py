"""The networks of a host and who is in them: a bar a network, a box a container, ports on the host's edge."""

from __future__ import annotations

from typing import Any

from matplotlib.patches import FancyBboxPatch

from course.networks.model import Container, Network, NetworkMap
from course.plots._network_look import GROUND, look, notes, short
from course.plots._network_rows import network_rows
from course.plots.picture import Picture
from course.plots.style import FAINT, INK, bare, canvas

_LABEL = 2.5  # inches for the names of the networks
_COLUMN = 1.85  # a container
_ROW = 0.74  # a network
_BOX = 0.86  # a container's height
_HEAD = 0.45  # from the host's edge to the first network
_CHARACTERS = 21  # in a box
_SIDE_BY_SIDE = 5  # containers; more would make letters too small on a page


def network_map(networks: NetworkMap, title: str = "The host's networks, and who is in them") -> Picture:
    """A map: the host's edge with published ports, the networks below it, the containers at the bottom.

    A line with a dot means: in this network, under this address. A line that passes without one isn't in it.
    Many containers stand below each other, and the networks are columns. Raises ValueError without networks
    and containers.
    """
    if not networks.networks and not networks.containers:
        raise ValueError("no network to draw")
    if len(networks.containers) > _SIDE_BY_SIDE:
        return network_rows(networks, title)
    columns = max(len(networks.containers), 2)
    width = _LABEL + _COLUMN * columns
    height = _HEAD + _ROW * len(networks.networks) + _BOX + 0.35
    with canvas(width + 0.5, height + 0.95) as (figure, axes):
        bare(axes)
        axes.set_title(title)
        _edge(axes, width, height)
        rows = {net.id: _HEAD + _ROW * (row + 0.62) for row, net in enumerate(networks.networks)}
        for net in networks.networks:
            _bar(axes, net, rows[net.id], width)
        top = height - _BOX - 0.1
        for column, one in enumerate(networks.containers):
            _container(axes, one, networks, rows, _LABEL + _COLUMN * (column + 0.5), top)
        axes.set_xlim(-0.15, width + 0.15)
        axes.set_ylim(height + 0.2, -0.6)
    return Picture(figure, f"Map of the host's networks. {networks.describe()}".strip())


def _edge(axes: Any, width: float, height: float) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (0, 0),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.12",
            facecolor=GROUND,
            edgecolor=INK,
            linewidth=1.4,
        )
    )
    axes.text(0.12, -0.1, "outside", size=9, color=FAINT, va="bottom", style="italic")
    axes.text(0.12, 0.12, "the engine's host", size=9, color=FAINT, va="top", style="italic")


def _bar(axes: Any, network: Network, y: float, width: float) -> None:
    colour, hatch = look(network)
    axes.barh(
        y, width - _LABEL - 0.1, left=_LABEL, height=0.13, color=colour, hatch=hatch, edgecolor="white",
        linewidth=0, zorder=2,
    )  # fmt: skip
    axes.text(_LABEL - 0.12, y - 0.1, short(network.name, 24), ha="right", va="center", weight="bold")
    axes.text(_LABEL - 0.12, y + 0.13, _about(network), ha="right", va="center", size=8, color=FAINT)


def _about(network: Network) -> str:
    parts = [network.kind, *network.subnets[:1]]
    if network.internal:
        parts.append("no way out")
    return ", ".join(parts)


def _container(
    axes: Any, one: Container, networks: NetworkMap, rows: dict[str, float], x: float, top: float
) -> None:
    joined = [place for place in one.attachments if place.network in rows]
    if joined:
        highest = min(rows[place.network] for place in joined)
        axes.plot([x, x], [highest, top], color=GROUND, linewidth=5, zorder=2.4, solid_capstyle="butt")
        axes.plot([x, x], [highest, top], color=INK, linewidth=1.2, zorder=2.5)
    for place in joined:
        y = rows[place.network]
        axes.plot([x], [y], marker="o", color=INK, markersize=7, zorder=3)
        axes.text(x + 0.1, y - 0.2, place.address, size=8.5, va="center", zorder=3)
    for number, door in enumerate(one.doors):
        _port(axes, f"{door.host_ip or '0.0.0.0'}:{door.host_port}", door.port, x, top, number)  # noqa: S104
    _box(axes, one, networks, x, top)


def _port(axes: Any, door: str, port: str, x: float, top: float, number: int) -> None:
    left = x - 0.62 + 0.14 * number
    axes.plot([left, left], [0.0, top - 0.08], color=INK, linewidth=1.1, linestyle=(0, (4, 2)), zorder=2.6)
    axes.plot([left], [top - 0.07], marker="v", color=INK, markersize=6, zorder=3)
    axes.plot([left], [0], marker="s", color=INK, markersize=8, zorder=3)
    axes.text(left - 0.1, -0.14 - 0.2 * number, door, size=8.5, va="bottom", weight="bold")
    axes.text(left + 0.1, 0.2 + 0.18 * number, f"to {port}", size=8, va="center", color=FAINT)


def _box(axes: Any, one: Container, networks: NetworkMap, x: float, top: float) -> None:
    half = _COLUMN / 2 - 0.09
    axes.add_patch(
        FancyBboxPatch(
            (x - half, top),
            2 * half,
            _BOX,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="white",
            edgecolor=INK,
            linewidth=1.2,
            zorder=3,
        )
    )
    axes.text(
        x, top + 0.2, short(one.name, _CHARACTERS), ha="center", va="center", weight="bold", size=9, zorder=4
    )
    for line, note in enumerate(notes(one, networks)):
        axes.text(
            x, top + 0.43 + 0.2 * line, short(note, _CHARACTERS + 5), ha="center", va="center", size=7.8,
            color=FAINT, zorder=4,
        )  # fmt: skip

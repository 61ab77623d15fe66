"""A Compose project: services as boxes, what each waits for above, networks and volumes as rails below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.patches import FancyBboxPatch

from course.compose import Project, Service, read_project
from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, INK, ORANGE, PURPLE, bare, canvas

_STEP, _BOX, _TALL, _RAIL = (
    2.6,
    1.9,
    0.9,
    0.55,
)  # from box to box, a box's width and height, from rail to rail
# condition → what the arrow says, and how it is drawn
_WAITS = {
    "service_started": ("started", ":", FAINT),
    "service_healthy": ("healthy", "-", BLUE),
    "service_completed_successfully": ("ended well", "--", PURPLE),
}


def compose_graph(config: str | Mapping[str, Any] | Project, title: str = "A Compose project") -> Picture:
    """The services of a project, what each waits for before it starts, and what they share.

    `config`: what `docker compose config --format json` prints.
    Raises ValueError for a project without services.
    """
    project = config if isinstance(config, Project) else read_project(config)
    if not project.services:
        raise ValueError("no service in this project")
    at = {service.name: _STEP * n for n, service in enumerate(project.services)}
    rails = [("network", name) for name in project.networks] + [("volume", name) for name in project.volumes]
    above = 0.45 + 0.42 * max((len(service.needs) for service in project.services), default=0)
    height = _TALL + 0.5 + _RAIL * len(rails) + above
    with canvas(max(6.5, 0.72 * _STEP * len(at) + 2.0), 0.75 * height + 0.7) as (figure, axes):
        bare(axes)
        axes.set_title(title)
        for service in project.services:
            _draw_service(axes, service, at[service.name])
            for n, need in enumerate(service.needs):
                if need.service in at:
                    _draw_need(axes, at[service.name], at[need.service], need.condition, n)
        for n, (kind, name) in enumerate(rails):
            _draw_rail(axes, project, at, kind, name, -0.5 - _RAIL * n)
        axes.set_xlim(-2.6, max(at.values()) + _BOX + 0.2)
        axes.set_ylim(-0.5 - _RAIL * len(rails), _TALL + above + 0.25)
    return Picture(figure, _alt(project))


def _draw_service(axes: Any, service: Service, x: float) -> None:
    axes.add_patch(
        FancyBboxPatch((x + 0.08, 0.08), _BOX - 0.16, _TALL - 0.16, "round,pad=0.06",
                       facecolor="#f4f6f8", edgecolor=INK, linewidth=1.2, zorder=3)
    )  # fmt: skip
    axes.text(x + _BOX / 2, 0.6, service.name, ha="center", va="center", weight="bold", zorder=4)
    ports = f"  {', '.join(service.ports)}" if service.ports else ""
    made = (service.image or "built here") + ports
    axes.text(x + _BOX / 2, 0.26, made, ha="center", va="center", size=8, color=FAINT, zorder=4)


def _draw_need(axes: Any, start: float, end: float, condition: str, row: int) -> None:
    """An arrow from who waits to whom it waits for, over the boxes between them."""
    words, dashes, colour = _WAITS.get(condition, (condition, "-", INK))
    y = _TALL + 0.45 + 0.42 * row
    left, right = start + 0.45 + 0.2 * row, end + _BOX - 0.45 - 0.2 * row
    axes.plot([left, left, right], [_TALL, y, y], color=colour, linestyle=dashes, linewidth=1.8)
    head = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (right, _TALL), (right, y + 0.02), arrowprops=head)
    axes.text((left + right) / 2, y + 0.05, f"waits until {words}", ha="center", va="bottom", size=8.5)


def _draw_rail(axes: Any, project: Project, at: Mapping[str, float], kind: str, name: str, y: float) -> None:
    network = kind == "network"
    colour, dashes, mark = (BLUE, "-", "o") if network else (ORANGE, "--", "s")
    order = project.networks if network else project.volumes
    shift = 0.3 * order.index(name) + (0.35 if network else _BOX - 0.35 - 0.6 * order.index(name))
    users = [s.name for s in project.services if name in (s.networks if network else s.volumes)]
    axes.text(-0.35, y, f"{kind} {name}", ha="right", va="center")
    axes.plot([-0.2, max(at.values()) + _BOX], [y, y], color=colour, linestyle=dashes, linewidth=2.2)
    for user in users:
        x = at[user] + shift
        axes.plot([x, x], [0, y], color=colour, linestyle=dashes, linewidth=1.4)
        axes.plot([x], [y], mark, color=colour, markersize=8)


def _alt(project: Project) -> str:
    words = []
    for one in project.services:
        parts = [f"waits for {n.service} ({n.condition.removeprefix('service_')})" for n in one.needs]
        parts += [f"on network {name}" for name in one.networks]
        parts += [f"mounts volume {name}" for name in one.volumes]
        words.append(f"{one.name}: {', '.join(parts) or 'alone'}.")
    return "Graph of a Compose project's services. " + " ".join(words)

"""A Swarm: its nodes side by side, the tasks that run on each, and the overlay networks across them."""

from __future__ import annotations

from typing import Any

from matplotlib.patches import FancyBboxPatch

from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, INK, ORANGE, PURPLE, RED, bare, canvas
from course.swarm.state import Member, Swarm

_STEP, _BOX, _TASK = 2.9, 2.5, 0.62  # from node to node, a node's width, from task to task
_RAILS = ((BLUE, "-"), (ORANGE, "--"), (PURPLE, ":"))


def swarm_map(swarm: Swarm, title: str = "The Swarm") -> Picture:
    """Nodes with their role and state, their running tasks with address, and each overlay network as a rail
    to which the nodes with a task in it are joined. `swarm`: what `read_swarm(client)` gives.

    Raises ValueError for a Swarm without nodes.
    """
    if not swarm.members:
        raise ValueError("no node in this Swarm")
    most = max(1, *(len(member.tasks) for member in swarm.members))
    top = 0.85 + _TASK * most
    low = -0.35 - 0.5 * len(swarm.networks)
    with canvas(max(5.0, 0.98 * _STEP * len(swarm.members)), 0.62 * (top - low) + 0.9) as (figure, axes):
        bare(axes)
        axes.set_title(title)
        for place, member in enumerate(swarm.members):
            _draw_member(axes, member, _STEP * place, top)
        for n, network in enumerate(swarm.networks):
            _draw_rail(axes, swarm, network, -0.45 - 0.5 * n, _RAILS[n % len(_RAILS)], n)
        axes.set_xlim(-0.1, _STEP * len(swarm.members) - 0.3)
        axes.set_ylim(low, top + 0.1)
    return Picture(figure, _alt(swarm))


def _draw_member(axes: Any, member: Member, x: float, top: float) -> None:
    up = member.state == "ready"
    axes.add_patch(
        FancyBboxPatch((x + 0.06, 0.06), _BOX - 0.12, top - 0.12, "round,pad=0.06",
                       facecolor="#f4f6f8" if up else "white", edgecolor=INK if up else RED,
                       linestyle="-" if up else "--", linewidth=1.3)
    )  # fmt: skip
    axes.text(x + 0.2, top - 0.28, member.name, weight="bold", va="center")
    said = member.role if up else f"{member.role}, {member.state}"
    if up and member.availability != "active":
        said += f", {member.availability}"
    axes.text(x + _BOX - 0.2, top - 0.28, said, ha="right", va="center", size=8.5, color=FAINT if up else RED)
    for n, task in enumerate(member.tasks):
        y = top - 0.55 - _TASK * (n + 1)
        axes.add_patch(
            FancyBboxPatch((x + 0.24, y + 0.08), _BOX - 0.48, _TASK - 0.16, "round,pad=0.04",
                           facecolor="white", edgecolor=GREY)
        )  # fmt: skip
        axes.text(x + 0.32, y + _TASK / 2, task.name, va="center", size=9)
        said = ", ".join(task.addresses.values()) or f"version {task.version}"
        axes.text(x + _BOX - 0.32, y + _TASK / 2, said, ha="right", va="center", size=8, color=FAINT)


def _draw_rail(axes: Any, swarm: Swarm, network: str, y: float, look: tuple[str, str], place: int) -> None:
    colour, dashes = look
    right = _STEP * (len(swarm.members) - 1) + _BOX
    axes.plot([0, right], [y, y], color=colour, linestyle=dashes, linewidth=2.4)
    axes.text(right, y + 0.06, f"overlay network {network}", ha="right", va="bottom", size=8.5)
    for n, member in enumerate(swarm.members):
        if any(network in task.addresses for task in member.tasks):
            x = _STEP * n + 0.5 + 0.3 * place
            axes.plot([x, x], [y, 0], color=colour, linestyle=dashes, linewidth=1.5)
            axes.plot([x], [y], "o", color=colour, markersize=8)


def _alt(swarm: Swarm) -> str:
    # Not which task is where: the scheduler chooses.
    told = []
    for member in swarm.members:
        state = "" if member.state == "ready" else f", {member.state}"
        count = len(member.tasks)
        told.append(f"{member.name} ({member.role}{state}): {count} {'task' if count == 1 else 'tasks'}")
    words = f"Map of a Swarm. {'; '.join(told)}."
    for network in swarm.networks:
        joined = [m.name for m in swarm.members if any(network in task.addresses for task in m.tasks)]
        words += f" Overlay network {network} joins {', '.join(joined)}."
    return words

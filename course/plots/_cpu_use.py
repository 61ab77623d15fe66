"""CPU against its limit, second by second, for one or several containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.ticker import MaxNLocator

from course.plots.picture import Picture
from course.plots.samples import cpus_of
from course.plots.style import BLUE, BROWN, ORANGE, PURPLE, RED, canvas

_LINES = ((BLUE, "o", "-"), (ORANGE, "s", "-."), (PURPLE, "^", ":"), (BROWN, "D", "--"))


def cpu_use(series: Mapping[str, Sequence[Mapping[str, Any]]], limit: float) -> Picture:
    """`series` maps a label to the samples of one container's `stats(decode=True)`; `limit` is in CPUs.

    A point needs two samples. Raises ValueError when no series has them.
    """
    lines = {label: cpus_of(samples) for label, samples in series.items()}
    values = [cpus for points in lines.values() for _, cpus in points]
    if not values:
        raise ValueError("no two samples to draw a point from")
    with canvas(7.0, 3.0) as (figure, axes):
        axes.set_title("CPU against its limit")
        for (label, points), (colour, marker, line) in zip(lines.items(), _LINES, strict=False):
            axes.plot(
                [when for when, _ in points],
                [cpus for _, cpus in points],
                color=colour,
                marker=marker,
                linestyle=line,
                linewidth=2,
                label=label,
            )
        axes.axhline(limit, color=RED, linewidth=1.8, linestyle="--", label=f"limit {limit:g} CPU")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("seconds")
        axes.set_ylabel("CPUs in use")
        axes.set_ylim(0, max(1.0, limit, *values) * 1.25)
        axes.legend(loc="upper right", ncols=len(series) + 1, frameon=False)
    names = " and ".join(series)
    return Picture(
        figure, f"Lines of CPU in use for {names}, with a dashed line at the limit of {limit:g} CPU."
    )

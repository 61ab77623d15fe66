"""CPU against its limit, second by second, for one or several containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.ticker import MaxNLocator

from course.plots.picture import Picture
from course.plots.style import BLUE, BROWN, ORANGE, PURPLE, RED, canvas

_LINES = ((BLUE, "o", "-"), (ORANGE, "s", "-."), (PURPLE, "^", ":"), (BROWN, "D", "--"))


def cpu_use(series: Mapping[str, Sequence[tuple[float, float]]], limit: float) -> Picture:
    """`series` maps a container's label to (seconds, CPUs in use); `limit` is in CPUs.

    Raises ValueError when no series holds a sample.
    """
    values = [cpus for samples in series.values() for _, cpus in samples]
    if not values:
        raise ValueError("no sample to draw")
    with canvas(7.0, 3.0) as (figure, axes):
        axes.set_title("CPU against its limit")
        for (label, samples), (colour, marker, line) in zip(series.items(), _LINES, strict=False):
            axes.plot(
                [when for when, _ in samples],
                [cpus for _, cpus in samples],
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

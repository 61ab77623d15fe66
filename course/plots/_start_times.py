"""How long a start takes, run beside run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from course.plots.picture import Picture
from course.plots.style import BLUE, INK, ORANGE, PURPLE, canvas

_MARKS = ((BLUE, "o"), (ORANGE, "s"), (PURPLE, "^"))


def start_times(series: Mapping[str, Sequence[float]]) -> Picture:
    """`series` maps what was started to the seconds that each start took. The bar is the median.

    Raises ValueError when a series is empty.
    """
    if not series or not all(series.values()):
        raise ValueError("no time to draw")
    with canvas(7.0, 0.62 * len(series) + 1.15) as (figure, axes):
        axes.set_title("Time to start, each run a mark")
        for y, ((_, seconds), (colour, marker)) in enumerate(zip(series.items(), _MARKS, strict=False)):
            axes.scatter(seconds, [y] * len(seconds), color=colour, marker=marker, s=52, alpha=0.85)
            axes.plot([median(seconds)] * 2, [y - 0.3, y + 0.3], color=INK, linewidth=2.2)
            axes.annotate(
                f"{median(seconds) * 1000:.0f} ms",
                (median(seconds), y - 0.32),
                ha="center",
                va="bottom",
                size=9,
            )
        axes.set_yticks(range(len(series)), list(series))
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(len(series) - 0.5, -0.75)
        axes.set_xlim(0, max(max(seconds) for seconds in series.values()) * 1.15)
        axes.set_xlabel("seconds")
    return Picture(figure, f"Marks of start times for {' and '.join(series)}, the median of each as a bar.")

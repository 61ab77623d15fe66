"""The same writing in several places, round after round, with the medians."""

from __future__ import annotations

from collections.abc import Sequence

from course.mounts import Writes, read_writes
from course.plots.picture import Picture
from course.plots.style import BLUE, GREY, ICE, INK, ORANGE, PURPLE, SAND, canvas

_LOOKS = ((BLUE, ""), (ORANGE, "//"), (PURPLE, ".."), (GREY, "xx"), (SAND, "++"), (ICE, "\\\\"))


def write_speeds(measured: str | Sequence[Writes], title: str = "The same writing, in each place") -> Picture:
    """A bar for the median of each place, a mark for each round, shortest on top.

    `measured`: what a measuring program printed, `PLACE SECONDS` in each line; or as `read_writes` reads it.
    Raises ValueError without a measurement.
    """
    writes = read_writes(measured) if isinstance(measured, str) else tuple(measured)
    if not writes:
        raise ValueError("no measurement to draw")
    ordered = sorted(writes, key=lambda one: one.median)
    with canvas(8.0, 0.5 * len(ordered) + 1.4) as (figure, axes):
        axes.set_title(title)
        for y, one in enumerate(ordered):
            colour, hatch = _LOOKS[writes.index(one) % len(_LOOKS)]
            axes.barh(y, one.median * 1e3, color=colour, hatch=hatch, edgecolor="white", height=0.62)
            axes.plot([s * 1e3 for s in one.seconds], [y] * len(one.seconds), "|", color=INK, markersize=11)
        axes.set_yticks(range(len(ordered)), [one.place for one in ordered])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(len(ordered) - 0.4, -0.6)
        axes.set_xlim(0, max(max(one.seconds) for one in ordered) * 1e3 * 1.06 or 1)
        axes.set_xlabel("milliseconds; bar: median, marks: single rounds")
    # Not which place is how fast: that differs from run to run, and a lesson states what it relies on.
    places = ", ".join(sorted(one.place for one in writes))
    return Picture(figure, f"Bars of the median time that the same writing took in each place: {places}.")

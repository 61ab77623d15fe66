"""What each step of a repair has brought: a small chart for each thing that was measured."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, INK, styled

_COLUMNS = 3
_LOOK = {"first": (GREY, "//"), "worse": (GREY, "//"), "better": (BLUE, "")}


def step_by_step(steps: Mapping[str, Mapping[str, float]], title: str = "Step by step") -> Picture:
    """`steps` maps each step, in order, to what was measured after it; less is better. One chart for each
    measure of the first step, a bar for each step: plain where it is clearly below the first, else hatched.

    Raises ValueError with fewer than two steps, or where a step lacks a measure.
    """
    names = list(steps)
    if len(names) < 2:
        raise ValueError("no steps to compare")
    measures = list(steps[names[0]])
    if missing := [(step, one) for step in names for one in measures if one not in steps[step]]:
        raise ValueError(f"{missing[0][0]!r} has no {missing[0][1]!r}")
    rows = -(-len(measures) // _COLUMNS)
    with styled():
        figure = Figure(figsize=(9.0, 1.75 * rows + 0.9), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left", weight="bold", size=11.5)
        grid = figure.subplots(rows, _COLUMNS, squeeze=False)
        for number, axes in enumerate(grid.flat):
            if number < len(measures):
                _chart(axes, measures[number], [float(steps[step][measures[number]]) for step in names])
            else:
                axes.set_axis_off()
        legend = "   ".join(f"{number} {step}" for number, step in enumerate(names))
        figure.supxlabel(legend, size=9.5, color=INK)
    return Picture(
        figure,
        f"Small bar charts, one a measure, of {', '.join(measures)}. In each a bar after every step: "
        f"{', '.join(names)}. Less is better; bars well below the first are plain, the others hatched.",
    )


def _chart(axes: Axes, measure: str, values: list[float]) -> None:
    axes.set_title(measure, size=9.5, pad=6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    top = max(values) or 1.0
    for x, value in enumerate(values):
        colour, hatch = _LOOK["better" if value < 0.8 * values[0] else "worse" if x else "first"]
        axes.bar(x, value, color=colour, hatch=hatch, edgecolor="white", width=0.74)
        axes.annotate(_short(value), (x, value), (0, 2), textcoords="offset points", ha="center", size=8.5)
    axes.set_xticks(range(len(values)), [str(x) for x in range(len(values))])
    axes.tick_params(axis="x", length=0, labelcolor=INK, labelsize=8.5)
    axes.set_yticks([])
    axes.set_ylim(0, top * 1.22)
    axes.spines["bottom"].set_color(FAINT)


def _short(value: float) -> str:
    """Whole numbers as they are, others to one digit."""
    return f"{value:.0f}" if value == round(value) or value >= 10 else f"{value:.1f}"

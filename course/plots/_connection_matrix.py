"""Who reaches whom: a row a caller, a column a door, in each field what came of the try."""

from __future__ import annotations

import textwrap
from typing import Any

from matplotlib.patches import Rectangle

from course.networks.reach import Matrix, Outcome
from course.plots.picture import Picture
from course.plots.style import BLUE, GREY, ICE, INK, ORANGE, RED, bare, canvas

_NAMES = 1.9  # inches for the callers
_COLUMN = 1.5
_ROW = 0.62
_LINE = 0.19  # of a door's name
# Mark, colour, hatch: each alone tells the five apart.
_LOOK = {
    Outcome.CONNECTED: ("✓", BLUE, ""),
    Outcome.REFUSED: ("✗", RED, "//"),
    Outcome.NO_ANSWER: ("…", ORANGE, ".."),
    Outcome.NO_ROUTE: ("⊘", GREY, "xx"),
    Outcome.UNKNOWN: ("?", ICE, "\\\\"),
}


def connection_matrix(matrix: Matrix, title: str = "Who reaches whom, tried just now") -> Picture:
    """The rows call, the columns are called; the words in a field say what came of it.

    Raises ValueError without callers or doors.
    """
    if not matrix.callers or not matrix.doors:
        raise ValueError("no connection to draw")
    width = _NAMES + _COLUMN * len(matrix.doors)
    names = [_folded(door) for door in matrix.doors]
    head = _LINE * (1 + max(name.count("\n") for name in names)) + 0.3
    height = head + _ROW * len(matrix.callers)
    with canvas(width + 0.4, height + 0.75) as (figure, axes):
        bare(axes)
        axes.set_title(title)
        for column, name in enumerate(names):
            x = _NAMES + _COLUMN * (column + 0.5)
            axes.text(x, head - 0.12, name, ha="center", va="bottom", size=8.5, weight="bold")
        for row, caller in enumerate(matrix.callers):
            y = head + _ROW * row
            axes.text(_NAMES - 0.12, y + _ROW / 2, _plain(caller), ha="right", va="center", weight="bold")
            for column, door in enumerate(matrix.doors):
                _field(axes, matrix[caller, door], _NAMES + _COLUMN * column, y)
        axes.text(_NAMES - 0.12, head - 0.12, "from \\ to", ha="right", va="bottom", size=8.5, style="italic")
        axes.set_xlim(0, width + 0.05)
        axes.set_ylim(height + 0.05, 0)
    return Picture(figure, f"Table of tried connections. {matrix.describe()}")


def _field(axes: Any, outcome: Outcome, x: float, y: float) -> None:
    mark, colour, hatch = _LOOK[outcome]
    place, size = (x + 0.03, y + 0.03), (_COLUMN - 0.06, _ROW - 0.06)
    axes.add_patch(Rectangle(place, *size, facecolor="white", edgecolor=INK, linewidth=0.8))
    axes.add_patch(
        Rectangle(place, 0.3, size[1], facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0)
    )
    axes.text(
        x + 0.18, y + _ROW / 2, mark, ha="center", va="center", size=11, weight="bold", color=INK,
        bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"},
    )  # fmt: skip
    axes.text(x + 0.4, y + _ROW / 2, outcome.words, ha="left", va="center", size=9)


def _folded(door: str) -> str:
    return "\n".join(textwrap.wrap(_plain(door), 20, break_on_hyphens=False))


def _plain(text: str) -> str:
    return text.replace("$", r"\$")

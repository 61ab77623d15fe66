"""What all figures share: colours, hatches, type, and a plain white ground."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# petroff10, the palette whose colours stay furthest apart under three simulated colour-blindnesses
# (measured against Okabe-Ito and tab10). Written out: the style's cycle is not an API to index.
BLUE, ORANGE, RED, GREY, PURPLE = "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"
BROWN, SAND, SLATE, ICE = "#a96b59", "#b9ac70", "#717581", "#92dadd"
INK, FAINT = "#22272e", "#5b636e"

_RC: Any = {  # matplotlib types its keys as one long Literal
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 10.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "hatch.linewidth": 0.7,
    # Opaque on purpose: dark ink on a transparent ground would vanish in a dark theme.
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def styled() -> Iterator[None]:
    """The course's style, for a figure of several plot areas; `canvas` makes one of a single area."""
    with mpl.rc_context(_RC):
        yield


@contextmanager
def canvas(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure of `width` by `height` inches with one plot area, in the course's style.

    Made without pyplot, so that no figure stays behind in a global list and none is drawn twice.
    """
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        yield figure, axes


def bare(axes: Axes) -> None:
    """Take frame and ticks away: for drawings that are no graphs."""
    axes.set_axis_off()


def amount(size: float) -> str:
    """Bytes in words: `512 B`, `4.1 kB`, `48 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"

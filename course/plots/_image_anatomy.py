"""An image taken apart: the manifest names a config and the layers, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, ICE, ORANGE, amount, bare, canvas


@dataclass(frozen=True)
class Blob:
    """One part of an image as it is stored."""

    digest: str  # with or without the algorithm's name in front; "" for what has none
    size: int  # bytes
    note: str = ""  # what to say of it in a few words


def image_anatomy(name: str, manifest: Blob, config: Blob, layers: Sequence[Blob]) -> Picture:
    """Three columns: the manifest, the config it names, and the stack of layers, first at the bottom."""
    rows = max(2, len(layers))
    with canvas(8.6, 1.2 + 0.72 * rows) as (figure, axes):
        bare(axes)
        axes.set_title(f"{name}, taken apart")
        middle = (rows - 1) / 2
        _box(axes, 0.0, middle, "manifest", manifest, ICE, "")
        _box(axes, 3.4, rows - 0.85, "config (JSON)", config, ORANGE, "//")
        _arrow(axes, (2.3, middle), (3.4, rows - 0.85))
        for number, layer in enumerate(layers):
            _box(axes, 6.8, number, f"layer {number + 1} (tar)", layer, BLUE, "..")
            _arrow(axes, (2.3, middle), (6.8, number))
        axes.set_xlim(-0.1, 9.2)
        axes.set_ylim(-0.6, rows - 0.2)
    return Picture(
        figure,
        f"Boxes of {name}: a manifest, with arrows to one config and to {_count(len(layers))}, "
        "the first at the bottom.",
    )


def _box(axes: Any, x: float, y: float, title: str, blob: Blob, colour: str, hatch: str) -> None:
    axes.barh(y, 2.3, left=x, height=0.72, color="white", edgecolor=colour, linewidth=2)
    axes.barh(y, 0.14, left=x, height=0.72, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
    short = blob.digest.split(":")[-1][:12]
    axes.text(x + 0.24, y + 0.17, title, weight="bold", va="center", size=9.5)
    axes.text(
        x + 0.24,
        y - 0.02,
        " · ".join(filter(None, [short, amount(blob.size)])),
        va="center",
        size=8,
        family="monospace",
    )
    axes.text(x + 0.24, y - 0.21, blob.note, va="center", size=8, color=FAINT)


def _arrow(axes: Any, tail: tuple[float, float], head: tuple[float, float]) -> None:
    axes.annotate(
        "",
        head,
        tail,
        arrowprops={"arrowstyle": "-|>", "color": FAINT, "shrinkA": 1, "shrinkB": 3, "linewidth": 1.2},
        zorder=0,
    )


def _count(layers: int) -> str:
    return "one layer" if layers == 1 else f"{layers} layers"

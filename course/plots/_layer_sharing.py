"""Several images beside one another: the layers that they share lie under all of them, and count once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.patches import Patch

from course.layers import Image, SharedLayer, Sharing, readable, shared
from course.plots._layer_bar import short_instruction
from course.plots.picture import Picture
from course.plots.style import FAINT, ICE, INK, ORANGE, amount, bare, canvas

_COLUMN = 2.9  # inches an image
_ROW = 0.62  # inches a layer
_GAP = 0.04  # of a column, left and right of a box
_CHARACTERS = 33  # in a column


def layer_sharing(images: Sequence[Image] | Sharing) -> Picture:
    """A column an image, its layers stacked from the bottom; a layer of several is one wide box.

    Images in outline are enough. Raises ValueError without images.
    """
    sharing = images if isinstance(images, Sharing) else shared(images)
    if not sharing.images:
        raise ValueError("no image to draw")
    columns = _columns(sharing)
    rows = max((one.layer.index for one in sharing.layers), default=0) + 1
    with canvas(max(_COLUMN * len(columns), 6.4), _ROW * rows + 1.9) as (figure, axes):
        bare(axes)
        axes.set_title(
            f"Added up {amount(sharing.apart_bytes)}, together {amount(sharing.stored_bytes)}: "
            "a shared layer is kept once"
        )
        for one in sharing.layers:
            _box(axes, one, columns)
        for name, x in columns.items():
            top = (
                max(one.layer.index for one in sharing.layers if name in one.images) if sharing.layers else 0
            )
            _name(axes, readable(name), x + 0.5, top + 1)
        axes.set_xlim(0, len(columns))
        axes.set_ylim(0, rows + 0.55)
        figure.legend(
            handles=[
                Patch(facecolor=ICE, edgecolor=INK, hatch="..", label="shared by several images"),
                Patch(facecolor=ORANGE, edgecolor=INK, label="of one image alone"),
            ],
            loc="outside lower left",
            ncols=2,
            frameon=False,
            fontsize=9,
        )
    return Picture(figure, _alt(sharing))


def _columns(sharing: Sharing) -> dict[str, int]:
    """Name → column, so that those on a common layer stand side by side."""
    stacks = {
        name: [place for place, one in enumerate(sharing.layers) if name in one.images]
        for name in sharing.images
    }
    ordered = sorted(sharing.images, key=lambda name: stacks[name])
    return {name: column for column, name in enumerate(ordered)}


def _box(axes: Any, one: SharedLayer, columns: dict[str, int]) -> None:
    places = [columns[name] for name in one.images]
    left, width = min(places), max(places) - min(places) + 1
    axes.barh(
        one.layer.index + 0.5,
        width - 2 * _GAP,
        left=left + _GAP,
        height=0.9,
        color=ICE if one.shared else ORANGE,
        # The band, not the whole box, is hatched: words on a hatch are hard to read.
        edgecolor=INK,
        linewidth=0.8,
    )
    if one.shared:
        axes.barh(
            one.layer.index + 0.5,
            0.07,
            left=left + _GAP,
            height=0.9,
            color=ICE,
            hatch="..",
            edgecolor=INK,
            linewidth=0.8,
        )
    middle = left + width / 2 + (0.035 if one.shared else 0)
    words = short_instruction(one.layer, _CHARACTERS * width - 4)
    size = amount(one.layer.shown_bytes)
    note = f"{size}, once for {len(one.images)} images" if one.shared else size
    axes.text(middle, one.layer.index + 0.64, words, ha="center", va="center", size=8.5)
    axes.text(middle, one.layer.index + 0.3, note, ha="center", va="center", size=8)


def _name(axes: Any, name: str, x: float, y: float) -> None:
    short = name if len(name) <= 30 else f"…{name[-29:]}"
    axes.text(
        x, y + 0.12, short.replace("$", r"\$"), ha="center", va="bottom", size=9.5, weight="bold", color=INK
    )
    axes.plot([x - 0.42, x + 0.42], [y + 0.04] * 2, color=FAINT, linewidth=0.8)


def _alt(sharing: Sharing) -> str:
    names = ", ".join(readable(name) for name in sharing.images)
    common = [one for one in sharing.layers if one.shared]
    words = f"Stacks of layers of {names}, side by side."
    if not common:
        return f"{words} They share no layer."
    widest = max(len(one.images) for one in common)
    return (
        f"{words} {len(common)} of the {len(sharing.layers)} layers drawn lie under several images, "
        f"the lowest under {widest}; each is drawn and counted once."
    )

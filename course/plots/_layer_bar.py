"""An image's layers end to end: what each adds, and which of its bytes no container ever sees."""

from __future__ import annotations

from typing import Any

from matplotlib.patches import Patch
from matplotlib.ticker import EngFormatter

from course.layers import Image, Layer, readable
from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, INK, RED, amount, canvas

_WIDTH = 9.6  # inches
_ROW = 0.34  # inches a layer
_NAME = 52  # characters of an instruction
_LEAST = 0.004  # of the axis: a layer of a few bytes is seen
_BAR = 0.7  # of a row


def layer_bar(image: Image, title: str = "") -> Picture:
    """A segment a layer, each beginning where the one before ends: a layer only ever adds.

    The bytes that a later layer hides are hatched, with their size beside them. An image in outline, whose
    files are not known yet, is drawn without them. Raises ValueError for an image without layers.
    """
    if not image.layers:
        raise ValueError("no layer to draw")
    total = max(sum(layer.shown_bytes for layer in image.layers), 1)
    with canvas(_WIDTH, _ROW * len(image.layers) + 1.75) as (figure, axes):
        axes.set_title(title or f"{_name(image)}: {amount(total)} in {_count(len(image.layers))}")
        end = 0
        for y, layer in enumerate(image.layers):
            _segment(axes, image, layer, y, end, total)
            end += layer.shown_bytes
        axes.set_yticks(range(len(image.layers)), [_label(layer) for layer in image.layers])
        axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9)
        axes.set_ylim(len(image.layers) - 0.4, -0.6)
        axes.set_xlim(0, total * 1.02)
        axes.xaxis.set_major_formatter(EngFormatter(unit="B"))  # whole ticks: 12.5 MB, not 12
        axes.set_xlabel(_unit(image))
        figure.legend(handles=_legend(image), loc="outside lower left", ncols=2, frameon=False, fontsize=9)
    return Picture(figure, _alt(image))


def _segment(axes: Any, image: Image, layer: Layer, y: int, begin: int, total: int) -> None:
    size, hidden = layer.shown_bytes, image.hidden_in(layer.index) if layer.read else 0
    seen = size - hidden
    look = {"height": _BAR, "linewidth": 0.8, "edgecolor": INK}
    axes.barh(y, max(seen, 0 if hidden else _LEAST * total), left=begin, color=BLUE, **look)
    if hidden:
        axes.barh(
            y,
            max(hidden, _LEAST * total),
            left=begin + seen,
            color="white",
            hatch="////",
            **{**look, "edgecolor": RED},
        )
    # Thin lines from one segment to the next: the eye follows the stack.
    axes.plot([begin + size] * 2, [y + _BAR / 2, y + 1 - _BAR / 2], color=FAINT, linewidth=0.8, linestyle=":")
    _size(axes, y, begin, max(size, _LEAST * total), total, _words(size, hidden))


def _size(axes: Any, y: int, begin: int, width: float, total: int, words: str) -> None:
    """The size, on the side of the segment where there is room; else inside it."""
    right, left = begin + width < total * 0.62, begin > total * 0.38
    axes.annotate(
        words,
        (begin if left and not right else begin + width * right, y),
        xytext=(-5 if left and not right else 5, 0),
        textcoords="offset points",
        ha="right" if left and not right else "left",
        va="center",
        size=8.5,
        color=INK,
        bbox=None if left or right else {"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )


def _words(size: int, hidden: int) -> str:
    if not hidden:
        return amount(size)
    return (
        f"{amount(size)}, all hidden" if hidden == size else f"{amount(size)}, {amount(hidden)} of it hidden"
    )


def short_instruction(layer: Layer, width: int = _NAME) -> str:
    """What made a layer, on one line; "layer 3" where no history says it."""
    text = " ".join(readable(layer.instruction).split()).replace("$", r"\$")  # no formula for matplotlib
    text = text or f"layer {layer.index + 1}"
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _label(layer: Layer) -> str:
    return f"{layer.line}  {short_instruction(layer)}" if layer.line else short_instruction(layer)


def _name(image: Image) -> str:
    name = readable(image.name).replace("$", r"\$")
    return name if len(name) <= 44 else f"…{name[-43:]}"


def _unit(image: Image) -> str:
    if image.complete:
        return "contents of the layers' files"
    return "the layers' sizes, as the engine tells them"


def _legend(image: Image) -> list[Patch]:
    shown = [Patch(facecolor=BLUE, edgecolor=INK, label="what a container sees")]
    if image.complete and image.hidden_bytes:
        shown.append(
            Patch(
                facecolor="white",
                edgecolor=RED,
                hatch="////",
                label="hidden by a later layer, and still sent",
            )
        )
    return shown


def _alt(image: Image) -> str:
    name, count = readable(image.name), _count(len(image.layers))
    words = f"Bars, one a layer, of the {count} of {name}, each beginning where the one before ends."
    if not image.complete:
        return words
    hiding = [_label(layer) for layer in image.layers if image.hidden_in(layer.index)]
    return f"{words} Hidden bytes lie in: {'; '.join(hiding)}." if hiding else f"{words} No byte is hidden."


def _count(layers: int) -> str:
    return "one layer" if layers == 1 else f"{layers} layers"

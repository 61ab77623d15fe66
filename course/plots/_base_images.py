"""Base images side by side: size, shell, package manager, C library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, ICE, INK, ORANGE, PURPLE, amount, canvas

_LIBC = {"glibc": (BLUE, ""), "musl": (ORANGE, "//"), "none": (GREY, ".."), "static": (ICE, "xx")}
_COLUMNS = ("shell", "packages", "C library")


@dataclass(frozen=True)
class BaseImage:
    """What a probe found in one image. An empty text means that there is none."""

    name: str
    size: int  # bytes of the unpacked layers
    shell: str = ""
    packages: str = ""  # the package manager
    libc: str = ""  # glibc, musl, or empty


def base_images(images: Sequence[BaseImage]) -> Picture:
    """A bar a base image, smallest on top, with three columns of findings beside it.

    Raises ValueError without images.
    """
    if not images:
        raise ValueError("no image to draw")
    ordered = sorted(images, key=lambda image: image.size)
    widest = max(max(image.size for image in ordered), 1)
    with canvas(8.6, 0.5 * len(ordered) + 1.3) as (figure, axes):
        axes.set_title("Base images, smallest first")
        for y, image in enumerate(ordered):
            colour, hatch = _LIBC.get(image.libc or "none", (PURPLE, "++"))
            axes.barh(y, image.size, color=colour, hatch=hatch, edgecolor="white", height=0.66)
            axes.text(image.size + widest * 0.012, y, amount(image.size), va="center", size=9)
            _columns(axes, y, (image.shell, image.packages, image.libc))
        for column, heading in enumerate(_COLUMNS):
            axes.text(_at(column), -0.85, heading, transform=_mixed(axes), weight="bold", ha="center")
        axes.set_yticks(range(len(ordered)), [image.name for image in ordered])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(len(ordered) - 0.4, -1.2)
        axes.set_xlim(0, widest * 2.05)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    # Neither sizes nor the package manager: a stand-in may differ there from the real image, and the
    # text has to hold for both.
    found = "; ".join(f"{i.name}: shell {i.shell or 'none'}, C library {i.libc or 'none'}" for i in ordered)
    return Picture(
        figure, f"Bars of the base images' sizes, smallest first, with their package managers. {found}."
    )


def _columns(axes: Any, y: int, texts: tuple[str, str, str]) -> None:
    for column, text in enumerate(texts):
        axes.text(
            _at(column),
            y,
            text or "none",
            transform=_mixed(axes),
            ha="center",
            va="center",
            color=INK if text else FAINT,
            style="normal" if text else "italic",
        )


def _at(column: int) -> float:
    return 0.64 + 0.145 * column


def _mixed(axes: Any) -> Any:
    # x in shares of the plot's width, y in bars
    return axes.get_yaxis_transform()

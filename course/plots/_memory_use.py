"""Memory against its limit, second by second."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.ticker import MaxNLocator

from course.plots.picture import Picture
from course.plots.style import BLUE, INK, RED, amount, canvas

_MIB = 1024 * 1024


def memory_use(samples: Sequence[tuple[float, int]], limit: int, *, killed: bool = False) -> Picture:
    """`samples` are (seconds, bytes) from the stats stream, `limit` is in bytes.

    With `killed`, the end of the line is marked as the kernel's kill.
    Raises ValueError without samples.
    """
    if not samples:
        raise ValueError("no sample to draw: the container ended before its first one")
    seconds = [when for when, _ in samples]
    used = [size / _MIB for _, size in samples]
    top = max(limit / _MIB, *used) * 1.3
    with canvas(7.0, 3.0) as (figure, axes):
        axes.set_title("Memory against its limit")
        axes.axhspan(
            limit / _MIB, top, facecolor="#fbe9e5", hatch="//", edgecolor=RED, linewidth=0, alpha=0.55
        )
        axes.axhline(limit / _MIB, color=RED, linewidth=1.8, linestyle="--")
        axes.annotate(
            f"limit {amount_mib(limit)}",
            (0.01, limit / _MIB),
            xycoords=("axes fraction", "data"),
            xytext=(0, 5),
            textcoords="offset points",
            color=RED,
            weight="bold",
        )
        axes.plot(seconds, used, color=BLUE, marker="o", linewidth=2)
        if killed:
            axes.plot(seconds[-1:], used[-1:], color=RED, marker="X", markersize=13, markeredgecolor="white")
            axes.annotate(
                "last sample before\nthe kernel's kill",
                (seconds[-1], used[-1]),
                xytext=(0, -22),
                textcoords="offset points",
                ha="right",
                va="top",
                color=INK,
            )
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("seconds")
        axes.set_ylabel("MiB in use")
        axes.set_ylim(0, top)
    end = "The line ends below or at the limit, where the kernel killed the process." if killed else ""
    return Picture(
        figure, f"Line of memory in use rising towards a dashed limit of {amount_mib(limit)}. {end}".strip()
    )


def amount_mib(size: int) -> str:
    """A limit as it was asked for: whole MiB where it is one."""
    return f"{size // _MIB} MiB" if size % _MIB == 0 else amount(size)

"""Memory against its limit, second by second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.ticker import MaxNLocator

from course.plots.picture import Picture
from course.plots.samples import seconds_of
from course.plots.style import BLUE, INK, RED, amount, canvas

_MIB = 1024 * 1024


def memory_use(samples: Sequence[Mapping[str, Any]], *, killed: bool = False) -> Picture:
    """`samples` are those of one container's `stats(decode=True)`; the limit is read from them.

    Samples without memory (the engine sends them once the container has ended) are left out. With `killed`,
    the end of the line is marked as the kernel's kill. Raises ValueError when no sample is left.
    """
    found = [sample for sample in samples if sample.get("memory_stats", {}).get("usage")]
    if not found:
        raise ValueError("no sample to draw: the container ended before its first one")
    limit = int(found[0]["memory_stats"]["limit"])
    seconds = seconds_of(found)
    used = [sample["memory_stats"]["usage"] / _MIB for sample in found]
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
    end = "It rises until the kernel kills the process." if killed else ""
    alt = f"Line of memory in use, second by second, below a dashed limit of {amount_mib(limit)}. {end}"
    return Picture(figure, alt.strip())


def amount_mib(size: int) -> str:
    """A limit as it was asked for: whole MiB where it is one."""
    return f"{size // _MIB} MiB" if size % _MIB == 0 else amount(size)

"""Which way a packet to a published port takes through the host, and whom it passes by."""

from __future__ import annotations

import textwrap
from typing import Any

from matplotlib.patches import FancyBboxPatch

from course.networks.rules import Rules
from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, INK, ORANGE, bare, canvas

_WIDTH, _HEIGHT = 9.6, 4.0
_RULE = 46  # characters of a rule in a line


def packet_path(rules: Rules) -> Picture:
    """Two ways: to a program of the host, past its own rules; and to a container, past Docker's.

    Holds the rules themselves; a reader without pictures has them from `iptables-save`.
    """
    with canvas(_WIDTH, _HEIGHT) as (figure, axes):
        bare(axes)
        port = rules.published.host_port
        axes.set_title(f"A packet to port {port} of the host, and the rules on its way")
        _box(axes, (0.1, 1.75), (1.3, 0.9), "arrives", "from outside", GREY, "..")
        _box(axes, (2.1, 1.5), (3.4, 1.4), "PREROUTING (nat)", _folded(rules.rewrite), BLUE, "")
        _box(axes, (6.1, 2.15), (3.4, 1.4), "FORWARD (filter)", _folded(rules.accept), BLUE, "")
        _box(
            axes,
            (6.1, 0.1),
            (1.95, 1.25),
            "INPUT (filter)",
            "rules for the\nhost's own programs",
            ORANGE,
            "//",
        )
        _box(axes, (8.25, 0.1), (1.25, 1.25), "a program", "of the host", GREY, "..")
        _arrow(axes, (1.4, 2.2), (2.1, 2.2), "-")
        _arrow(axes, (5.5, 2.6), (6.1, 2.9), "-")
        _arrow(axes, (5.5, 1.8), (6.1, 0.9), (0, (3, 3)))
        _arrow(axes, (8.05, 0.72), (8.25, 0.72), (0, (3, 3)))
        axes.text(7.8, 3.64, "and on to the container", ha="center", va="top", size=8.5, style="italic")
        axes.text(6.1, 1.62, "other ports take this way", size=8.5, style="italic", color=FAINT)
        if rules.recorded:
            note = f"Recorded on Engine 28.5, not read here. {rules.recorded}"
            axes.text(0.1, 3.9, "\n".join(textwrap.wrap(note, 38)), size=9, weight="bold", va="bottom")
        axes.set_xlim(0, _WIDTH)
        axes.set_ylim(_HEIGHT + 0.25, -0.05)
    return Picture(
        figure,
        "A packet's way through the host. In PREROUTING a rule of the chain DOCKER gives it the container's "
        "address; then FORWARD accepts it by another rule of Docker's. It never meets INPUT, where rules for "
        "the host's own programs are. The picture holds the rules, and says so if they are recorded ones.",
    )


def _box(
    axes: Any, place: tuple[float, float], size: tuple[float, float], head: str, text: str, colour: str,
    hatch: str,
) -> None:  # fmt: skip
    (x, y), (width, height) = place, size
    axes.add_patch(
        FancyBboxPatch(
            place, width, height, boxstyle="round,pad=0,rounding_size=0.08", facecolor="white", edgecolor=INK,
            linewidth=1.2,
        )
    )  # fmt: skip
    axes.barh(y + 0.08, width - 0.16, left=x + 0.08, height=0.1, color=colour, hatch=hatch, edgecolor="white")
    axes.text(x + 0.1, y + 0.34, head, weight="bold", va="center", size=9.5)
    axes.text(x + 0.1, y + 0.52, text, va="top", size=8, family="DejaVu Sans Mono", linespacing=1.35)


def _arrow(axes: Any, begin: tuple[float, float], end: tuple[float, float], line: Any) -> None:
    look = {
        "arrowstyle": "-|>",
        "color": INK,
        "linewidth": 1.4,
        "linestyle": line,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", xy=end, xytext=begin, arrowprops=look)


def _folded(rule: str) -> str:
    return "\n".join(textwrap.wrap(rule, _RULE, break_on_hyphens=False)) or "(no rule found)"

"""Who may do what: a row a capability, a column a process, in each field how far it has it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from matplotlib.patches import Rectangle

from course.capabilities import MEANING, NAMES, Hold, Privileges
from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, ICE, INK, ORANGE, bare, canvas

_NAMES, _WORDS = 1.75, 2.25  # inches for the capabilities' names and what they are for
_COLUMN = 1.35
_ROW = 0.27
_LINE = 0.17
# Mark, colour, hatch: each alone tells them apart.
_LOOK = {
    Hold.EFFECTIVE: ("✓", BLUE, ""),
    Hold.PERMITTED: ("◐", ICE, "\\\\"),
    Hold.BOUNDING: ("↑", ORANGE, "//"),
    Hold.NONE: ("·", "white", ""),
}


def capabilities(
    processes: Mapping[str, Privileges], title: str = "What root is made of, and who has it"
) -> Picture:
    """`processes`: how a column is called → what the process may do. Capabilities that none of them can
    have are named below the table. Raises ValueError without processes."""
    if not processes:
        raise ValueError("no process to draw")
    rows, absent = _rows(processes)
    names = ["\n".join(textwrap.wrap(name.replace("$", r"\$"), 14)) for name in processes]
    left = _NAMES + _WORDS
    width = left + _COLUMN * len(processes)
    head = _LINE * (2 + max(name.count("\n") for name in names)) + 0.18
    bottom = head + _ROW * len(rows)
    below = textwrap.wrap(_out_of_reach(absent), int(width * 12))
    height = bottom + 0.42 + _LINE * len(below)
    with canvas(width + 0.2, height + 0.5) as (figure, axes):
        bare(axes)
        axes.set_title(title)
        for column, (name, process) in enumerate(zip(names, processes.values(), strict=True)):
            x = left + _COLUMN * (column + 0.5)
            axes.text(x, head - 0.25, name, ha="center", va="bottom", size=8.5, weight="bold")
            axes.text(x, head - 0.07, f"user {process.user}", ha="center", va="bottom", size=8, color=FAINT)
        for row, capability in enumerate(rows):
            y = head + _ROW * (row + 0.5)
            axes.text(0, y, capability, ha="left", va="center", size=8.5, weight="bold")
            axes.text(_NAMES, y, MEANING.get(capability, ""), ha="left", va="center", size=8.5)
            for column, process in enumerate(processes.values()):
                _field(axes, process.hold(capability), left + _COLUMN * column, y)
        _key(axes, processes, rows, bottom + 0.22)
        for number, line in enumerate(below):
            axes.text(0, bottom + 0.42 + _LINE * number, line, ha="left", va="top", size=8.5, color=FAINT)
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
    return Picture(figure, _alt(processes, rows, absent))


def _rows(processes: Mapping[str, Privileges]) -> tuple[list[str], list[str]]:
    held = {
        name
        for process in processes.values()
        for name in process.effective | process.permitted | process.bounding
    }
    newer = sorted(held - set(NAMES), key=int)  # bits that this course has no name for
    return [name for name in NAMES if name in held] + newer, [name for name in NAMES if name not in held]


def _field(axes: Any, hold: Hold, x: float, y: float) -> None:
    mark, colour, hatch = _LOOK[hold]
    place, size = (x + 0.02, y - _ROW / 2 + 0.02), (_COLUMN - 0.04, _ROW - 0.04)
    axes.add_patch(Rectangle(place, *size, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0))
    axes.add_patch(Rectangle(place, *size, fill=False, edgecolor=FAINT, linewidth=0.6))
    box = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"}
    axes.text(x + _COLUMN / 2, y, mark, ha="center", va="center", size=9, weight="bold", color=INK, bbox=box)


def _key(axes: Any, processes: Mapping[str, Privileges], rows: list[str], y: float) -> None:
    """Only what is in the table is explained."""
    x = 0.0
    seen = {process.hold(name) for process in processes.values() for name in rows}
    for hold in (hold for hold in Hold if hold in seen):
        mark, colour, hatch = _LOOK[hold]
        axes.add_patch(
            Rectangle((x, y - 0.09), 0.3, 0.18, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0)
        )
        axes.add_patch(Rectangle((x, y - 0.09), 0.3, 0.18, fill=False, edgecolor=FAINT, linewidth=0.6))
        axes.text(x + 0.38, y, f"{mark} {hold.value}", ha="left", va="center", size=8.5)
        x += 0.38 + 0.25 + 0.085 * len(hold.value) + 0.2


def _out_of_reach(absent: list[str]) -> str:
    return f"Out of reach for all of them: {', '.join(absent)}." if absent else ""


def _alt(processes: Mapping[str, Privileges], rows: list[str], absent: list[str]) -> str:
    told = []
    for name, process in processes.items():
        parts = [
            f"{hold.value}: {', '.join(found)}"
            for hold in (Hold.EFFECTIVE, Hold.PERMITTED, Hold.BOUNDING)
            if (found := [row for row in rows if process.hold(row) is hold])
        ]
        told.append(f"{name} (user {process.user}) — {'; '.join(parts) or 'nothing'}.")
    return " ".join(["Table of capabilities.", *told, _out_of_reach(absent)]).strip()

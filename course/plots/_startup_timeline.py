"""How a Compose project came up: a row for each container, from the engine's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from course.compose import Start, read_startup
from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, ICE, INK, ORANGE, RED, SAND, canvas

_LOOK = {
    "created": (ICE, ".."),
    "started": (SAND, ""),
    "healthy": (BLUE, ""),
    "unhealthy": (ORANGE, "//"),
    "exited": (GREY, "xx"),
}


def startup_timeline(
    events: Iterable[Mapping[str, Any]] | Sequence[Start], visitor: str = "", title: str = "How it came up"
) -> Picture:
    """When each container of a project was created, started, healthy or ended, in seconds.

    `events`: what `client.events(…, decode=True)` gives, filtered by label=com.docker.compose.project=NAME.
    `visitor`: a service that asks until it is answered, and ends with exit code 0 then: that is marked as
    the first successful request. Raises ValueError when the stream holds no container of a project.
    """
    told = list(events)
    starts = tuple(one for one in told if isinstance(one, Start)) or read_startup(
        one for one in told if isinstance(one, Mapping)
    )
    if not starts:
        raise ValueError("no container of a Compose project in this stream")
    rows = sorted(starts, key=lambda one: (one.service == visitor, one.when("started") or 0.0, one.service))
    last = max(moment.seconds for one in starts for moment in one.moments)
    end = last + max(0.12 * last, 0.2)
    with canvas(8.4, 0.55 * len(rows) + 1.6) as (figure, axes):
        axes.set_title(title)
        for y, one in enumerate(rows):
            _draw_row(axes, one, y, end)
            if one.service == visitor and (answered := _answered(one)) is not None:
                axes.plot([answered, answered], [y + 0.4, -0.5], color=RED, linewidth=1.4, linestyle="--")
                axes.plot([answered], [y], "*", color=RED, markersize=15, markeredgecolor="white")
        axes.set_yticks(range(len(rows)), [one.service for one in rows])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, end)
        axes.set_xlabel("seconds after the first container was created")
        _legend(figure, rows, visitor)
    return Picture(figure, _alt(rows, visitor))


def _answered(one: Start) -> float | None:
    return next((m.seconds for m in one.moments if m.state == "exited" and m.exit_code == 0), None)


def _draw_row(axes: Any, one: Start, y: int, end: float) -> None:
    ends = [moment.seconds for moment in one.moments[1:]] + [end]
    for moment, until in zip(one.moments, ends, strict=True):
        colour, hatch = _LOOK.get(moment.state, (GREY, ""))
        axes.barh(y, until - moment.seconds, left=moment.seconds, height=0.62, facecolor=colour, hatch=hatch,
                  edgecolor="white", linewidth=0)  # fmt: skip
        axes.plot([moment.seconds] * 2, [y - 0.31, y + 0.31], color=FAINT, linewidth=1.1)
        if moment.exit_code:
            axes.text(moment.seconds, y, f" exit {moment.exit_code}", va="center", size=8.5,
                      bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": RED})  # fmt: skip


def _legend(figure: Any, rows: Sequence[Start], visitor: str) -> None:
    seen = {moment.state for one in rows for moment in one.moments}
    marks: list[Any] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=state)
        for state, (colour, hatch) in _LOOK.items()
        if state in seen
    ]
    if any(one.service == visitor and _answered(one) is not None for one in rows):
        marks.append(
            Line2D([], [], linestyle="", marker="*", color=RED, markersize=13, label="first request answered")
        )
    figure.legend(handles=marks, loc="outside lower center", ncols=6, frameon=False, fontsize=9)


def _alt(rows: Sequence[Start], visitor: str) -> str:
    # States and orders, no times. Two containers that start together have no order worth telling.
    told = "; ".join(
        f"{one.service}: {', '.join(map(_state, one.moments))}" for one in sorted(rows, key=_name)
    )
    words = [f"Timeline of a Compose project's start. {told}."]
    for first in sorted(rows, key=_name):
        healthy = first.when("healthy")
        if healthy is None:
            continue
        later = [one.service for one in sorted(rows, key=_name) if (one.when("started") or 0.0) >= healthy]
        if later:
            words.append(f"Started after {first.service} was healthy: {', '.join(later)}.")
    if any(one.service == visitor and _answered(one) is not None for one in rows):
        words.append("A visitor's request was answered in the end.")
    return " ".join(words)


def _name(one: Start) -> str:
    return one.service


def _state(moment: Any) -> str:
    return f"{moment.state} with code {moment.exit_code}" if moment.exit_code else str(moment.state)

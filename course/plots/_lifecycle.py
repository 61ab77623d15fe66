"""A container's life, drawn from the engine's event stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course.plots.events import nanoseconds
from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, ICE, INK, ORANGE, bare, canvas

# action → the state that begins with it; other actions (kill, stop, exec…) are marked and change none
_BEGINS = {
    "create": "created",
    "start": "running",
    "unpause": "running",
    "pause": "paused",
    "die": "exited",
    "destroy": "gone",
}
_LOOK = {
    "created": (ICE, ".."),
    "running": (BLUE, ""),
    "paused": (ORANGE, "//"),
    "exited": (GREY, "xx"),
}
# Signals are numbers in the stream; these are the ones that the lessons send.
_SIGNALS = {"9": "KILL", "15": "TERM", "2": "INT", "1": "HUP"}


@dataclass(frozen=True)
class Moment:
    """One event: when it came (seconds after the first), what happened, and its one detail."""

    seconds: float
    action: str
    detail: str = ""


def moments(events: Sequence[Mapping[str, Any]]) -> tuple[Moment, ...]:
    """The container events of a stream, oldest first, in seconds after the first of them."""
    ordered = sorted((event for event in events if event.get("Type") == "container"), key=nanoseconds)
    # The engine tells of `die` and `stop` from two threads, milliseconds apart, and either may come first.
    for at in range(1, len(ordered)):
        if [ordered[at - 1]["Action"], ordered[at]["Action"]] == ["stop", "die"]:
            ordered[at - 1 : at + 1] = [ordered[at], ordered[at - 1]]
    first = nanoseconds(ordered[0]) if ordered else 0
    return tuple(
        Moment((nanoseconds(e) - first) / 1e9, str(e["Action"]).split(":")[0], _detail(e)) for e in ordered
    )


def lifecycle(events: Sequence[Mapping[str, Any]], title: str = "One container's life") -> Picture:
    """The states of one container, event after event, as `client.events(…, decode=True)` gives them.

    The steps are equally wide: what happens within milliseconds would else be unreadable. The time of
    each event is written below it.
    Raises ValueError when the stream holds no container event.
    """
    points = moments(events)
    if not points:
        raise ValueError("no container event in this stream")
    with canvas(max(6.5, 0.85 * len(points) + 1.0), 2.5) as (figure, axes):
        bare(axes)
        axes.set_title(title)
        for start, end, state in _spans(points):
            _draw_state(axes, start, end, state)
        for x, point in enumerate(points):
            axes.plot([x, x], [-0.12, 1.12], color=INK, linewidth=1.1)
            axes.text(x, 1.2, point.action, ha="center", va="bottom", weight="bold")
            axes.text(x, -0.2, f"{point.seconds:.2f} s", ha="center", va="top", color=FAINT, size=8.5)
            axes.text(x, -0.55, point.detail, ha="center", va="top", color=INK, size=8.5)
        axes.set_xlim(-0.6, len(points) - 0.1)
        axes.set_ylim(-0.95, 1.6)
    steps = ", ".join(f"{p.action} ({p.detail})" if p.detail else p.action for p in points)
    return Picture(figure, f"Timeline of one container's states. Events in order: {steps}.")


def _draw_state(axes: Any, start: int, end: int, state: str) -> None:
    colour, hatch = _LOOK[state]
    axes.broken_barh(
        [(start, end - start)], (0, 1), facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0
    )
    axes.text(
        (start + end) / 2,
        0.5,
        state,
        ha="center",
        va="center",
        bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none"},
    )


def _spans(points: Sequence[Moment]) -> list[tuple[int, int, str]]:
    """(from, to, state) in event numbers; the last state reaches half a step past the last event."""
    spans: list[tuple[int, int, str]] = []
    state, since = "", 0
    for x, point in enumerate(points):
        begins = _BEGINS.get(point.action)
        if begins is None or begins == state:
            continue
        if state in _LOOK and x > since:
            spans.append((since, x, state))
        state, since = begins, x
    if state in _LOOK and since < len(points):
        spans.append((since, len(points), state))
    return spans


def _detail(event: Mapping[str, Any]) -> str:
    attributes = event.get("Actor", {}).get("Attributes", {})
    if event["Action"] == "die":
        return f"exit {attributes.get('exitCode', '?')}"
    if event["Action"] == "kill":
        signal = str(attributes.get("signal", "?"))
        return f"SIG{_SIGNALS.get(signal, signal)}"
    return ""

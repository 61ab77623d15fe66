"""A container's health over time, drawn from the engine's event stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.lines import Line2D

from course.plots.events import nanoseconds
from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, ICE, INK, ORANGE, RED, canvas

_LOOK = {
    "starting": (ICE, ".."),
    "healthy": (BLUE, ""),
    "unhealthy": (ORANGE, "//"),
    "exited": (GREY, "xx"),
}
_STATUS = "health_status: "
_CHECKS_AT, _NOTES_AT = 1.28, 1.7  # heights above the band of states, which reaches from 0 to 1


@dataclass(frozen=True)
class Span:
    """A state and when it began and ended, in seconds after the container's first start."""

    state: str
    start: float
    end: float


@dataclass(frozen=True)
class Run:
    """A command that was run inside the container: when it ended (seconds), and with which exit code."""

    seconds: float
    command: str
    exit_code: int


@dataclass(frozen=True)
class Health:
    """What an event stream tells of one container's health."""

    spans: tuple[Span, ...]
    checks: tuple[Run, ...]
    others: tuple[Run, ...]  # what somebody ran inside meanwhile: `docker exec`

    @property
    def states(self) -> list[str]:
        return [span.state for span in self.spans]


def health(events: Sequence[Mapping[str, Any]]) -> Health:
    """Reads the events of one container. A health check is an exec that the engine starts itself.

    The stream doesn't say which exec is a check: it is the command whose end changed the health, or else
    the one that was run most often.
    """
    ordered = sorted((event for event in events if event.get("Type") == "container"), key=nanoseconds)
    zero = next((nanoseconds(event) for event in ordered if event["Action"] == "start"), 0)
    changes: list[tuple[float, str]] = []
    runs: list[Run] = []
    commands: dict[str, str] = {}
    check = ""
    for event in ordered:
        seconds, action = (nanoseconds(event) - zero) / 1e9, str(event["Action"])
        attributes = event.get("Actor", {}).get("Attributes", {})
        if action.startswith("exec_start: "):
            commands[attributes.get("execID", "")] = action.removeprefix("exec_start: ")
        elif action == "exec_die":
            command = commands.get(attributes.get("execID", ""), "")
            runs.append(Run(seconds, command, int(attributes.get("exitCode", 0))))
        elif state := _state(action):
            changes.append((seconds, state))
            if action.startswith(_STATUS) and runs:
                check = check or runs[-1].command
    if not check and runs:
        check = Counter(run.command for run in runs).most_common(1)[0][0]
    end = (nanoseconds(ordered[-1]) - zero) / 1e9 if ordered else 0.0
    return Health(
        _spans(changes, end),
        tuple(run for run in runs if run.command == check),
        tuple(run for run in runs if run.command != check),
    )


def health_timeline(events: Sequence[Mapping[str, Any]], title: str = "A container's health") -> Picture:
    """The health of one container in real time, with a mark for each check that ended.

    `events` is what `client.events(…, decode=True)` gives for it, from its start on. What was run in the
    container meanwhile (`docker exec`) is marked with its command.
    Raises ValueError when the stream holds no start of a container.
    """
    found = health(events)
    if not found.spans:
        raise ValueError("no start of a container in this stream")
    with canvas(8.0, 2.7) as (figure, axes):
        axes.set_title(title)
        for span in found.spans:
            _draw_span(axes, span)
        for run in found.checks:
            passed = run.exit_code == 0
            axes.plot(
                [run.seconds],
                [_CHECKS_AT],
                "o" if passed else "X",
                color=BLUE if passed else RED,
                markersize=7,
            )
        for run in found.others:
            axes.annotate(
                run.command,
                (run.seconds, 1.0),
                (run.seconds, _NOTES_AT),
                ha="center",
                size=8.5,
                arrowprops={"arrowstyle": "->", "color": INK, "linewidth": 1.1},
            )
        _frame(axes, found)
    return Picture(figure, _alt(found))


def _frame(axes: Any, found: Health) -> None:
    last = found.spans[-1].end
    axes.set_xlim(found.spans[0].start, last)
    axes.set_ylim(0, 2.0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("seconds after the start")
    marks = [
        Line2D([], [], linestyle="", marker="o", color=BLUE, markersize=7, label="check passed"),
        Line2D([], [], linestyle="", marker="X", color=RED, markersize=7, label="check failed"),
    ]
    axes.legend(handles=marks, loc="lower right", bbox_to_anchor=(1, 1.0), ncols=2, frameon=False)


def _draw_span(axes: Any, span: Span) -> None:
    colour, hatch = _LOOK[span.state]
    axes.broken_barh(
        [(span.start, span.end - span.start)],
        (0, 1),
        facecolor=colour,
        hatch=hatch,
        edgecolor="white",
        linewidth=0,
    )
    axes.plot([span.start, span.start], [0, 1], color=FAINT, linewidth=1.1)
    axes.text(
        (span.start + span.end) / 2,
        0.5,
        span.state,
        ha="center",
        va="center",
        bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none"},
    )


def _state(action: str) -> str:
    """The state that begins with this event; empty where it changes none."""
    if action.startswith(_STATUS):
        state = action.removeprefix(_STATUS)
        return state if state in _LOOK else ""
    return {"start": "starting", "die": "exited"}.get(action, "")


def _spans(changes: Sequence[tuple[float, str]], end: float) -> tuple[Span, ...]:
    """The states one after the other. The last one is drawn a little past the last event, to be seen."""
    kept: list[tuple[float, str]] = []
    for seconds, state in changes:
        if not kept or kept[-1][1] != state:
            kept.append((seconds, state))
    if not kept:
        return ()
    beyond = end + max(0.15 * (end - kept[0][0]), 0.2)
    ends = [seconds for seconds, _ in kept[1:]] + [beyond]
    return tuple(Span(state, seconds, until) for (seconds, state), until in zip(kept, ends, strict=True))


def _alt(found: Health) -> str:
    # No times and no number of checks: both differ from run to run.
    ended = "exited" in found.states
    words = f"Timeline of one container's health. States in order: {', '.join(found.states)}."
    if found.others:
        words += f" Run inside meanwhile: {', '.join(run.command for run in found.others)}."
    return words + (" The process ended." if ended else " The process never ended.")

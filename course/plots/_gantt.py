"""A build's steps over time, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.patches import Patch

from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, INK, ORANGE, RED, canvas
from course.trace import Build, StepStory, Vertex

_WIDTH = 9.0  # inches
_ROW = 0.3  # inches a step
_LEAST = 0.006  # of the time axis: what ran, however shortly, is seen
_NAME = 46  # characters of an instruction
_REASON = 64  # characters of a reason
_BAR = 0.7  # of a row
_LONG = 0.2  # of the critical path: the alt text names such steps; which short ones lie on it, chance decides
_WORDS: Any = {"textcoords": "offset points", "ha": "left", "va": "center", "size": 8.5, "color": INK}


@dataclass(frozen=True)
class Row:
    """One line of the chart."""

    vertex: Vertex
    label: str
    group: str


def gantt(build: Build, title: str = "What ran when") -> Picture:
    """The steps of a build as bars over time, grouped by stage.

    Steps on the critical path have a thick dark edge; what came from the cache is a hatched mark with its
    label.
    Raises ValueError when nothing of the build has run or was looked up.
    """
    rows = rows_of(build)
    if not rows:
        raise ValueError("no step of this build has run")
    with canvas(_WIDTH, _ROW * len(rows) + 1.55) as (figure, axes):
        axes.set_title(title)
        draw(axes, build, rows, span_of(build))
        axes.set_xlabel("seconds")
        legend(figure, {row.vertex.state for row in rows})
    return Picture(figure, _alt(build, rows))


def rows_of(build: Build) -> list[Row]:
    """The steps in the Dockerfile's order, then the export: what it took to make an image of them."""
    stages = {stage: stage or "the only stage" for stage in build.stages}
    rows = [
        Row(step, _label(step), stages[step.stage or ""] if len(stages) > 1 else "")
        for step in build.steps
        if step.intervals or step.cached
    ]
    rows += [
        Row(vertex, _short(vertex.name), "")
        for vertex in build.vertices
        if vertex.stage is None and vertex.name.startswith("exporting") and vertex.intervals
    ]
    return rows


def span_of(build: Build) -> float:
    """Seconds from the first vertex's start to the last one's end; while it runs, to the last thing known."""
    start = build.started or 0.0
    times = [
        time
        for vertex in build.vertices
        for interval in vertex.intervals
        for time in interval
        if time is not None
    ]
    return max([*times, start]) - start


def draw(
    axes: Any,
    build: Build,
    rows: Sequence[Row],
    span: float,
    stories: Mapping[str, StepStory] | None = None,
) -> None:
    """The bars of one build on `axes`, whose time axis is `span` seconds long.

    With `stories` (by vertex name), each bar that ran has its reason beside it.
    """
    start = build.started or 0.0
    span = max(span, 0.01)
    critical = {vertex.digest for vertex in build.critical_path if vertex.seconds > 0}
    for y, row in enumerate(rows):
        vertex = row.vertex
        story = (stories or {}).get(vertex.name)
        end = _bars(axes, vertex, y, start, span, vertex.digest in critical)
        axes.annotate(_beside(vertex, story), (end, y), xytext=(5, 0), **_WORDS)
        if story and story.reason.text:
            # A column of its own: beside the bars there is no room in a long row.
            axes.annotate(
                _short(story.reason.text, _REASON),
                (1.0, y),
                xycoords=("axes fraction", "data"),
                xytext=(8, 0),
                **_WORDS,
            )
    _axes(axes, rows, span)


def legend(figure: Any, states: set[str]) -> None:
    """What colours, hatches and edges mean, below the chart. `states` are those that occur in it."""
    shown = [
        Patch(facecolor=BLUE, edgecolor="white", label="ran"),
        Patch(facecolor=ORANGE, edgecolor=INK, linewidth=1.6, label="ran, on the critical path"),
        Patch(facecolor="white", edgecolor=FAINT, hatch="////", label="from the cache"),
    ]
    if "failed" in states:
        shown.append(Patch(facecolor=RED, edgecolor="white", hatch="xx", label="failed"))
    if "cancelled" in states:
        shown.append(Patch(facecolor=GREY, edgecolor=INK, hatch="..", label="cancelled"))
    figure.legend(handles=shown, loc="outside lower left", ncols=len(shown), frameon=False, fontsize=9)


def _bars(axes: Any, vertex: Vertex, y: int, start: float, span: float, critical: bool) -> float:
    """Draws one vertex; returns where its last bar ends."""
    least = _LEAST * span
    if vertex.cached:
        # It has no width: the mark stands where the cache was asked.
        begin = _begin(vertex, start)
        axes.barh(y, 3 * least, _BAR, begin, facecolor="white", edgecolor=FAINT, hatch="////", linewidth=1.0)
        return begin + 3 * least
    colour, hatch, edge, width = BLUE, "", "white", 0.6
    if critical:
        colour, edge, width = ORANGE, INK, 1.6
    if vertex.state == "failed":
        colour, hatch, edge = RED, "xx", "white"
    elif vertex.state == "cancelled":
        colour, hatch = GREY, ".."
    last = 0.0
    for began, ended in vertex.intervals:
        length = max((ended if ended is not None else start + span) - began, least)
        axes.barh(
            y, length, _BAR, began - start, facecolor=colour, hatch=hatch, edgecolor=edge, linewidth=width
        )
        last = max(last, began - start + length)
    return last


def _begin(vertex: Vertex, start: float) -> float:
    return max(0.0, vertex.intervals[0][0] - start) if vertex.intervals else 0.0


def _beside(vertex: Vertex, story: StepStory | None) -> str:
    if vertex.cached or (story and story.outcome == "reused" and vertex.seconds < 0.05):
        return "cached" if vertex.cached else "same image"
    words = f"{vertex.seconds:.1f} s" if vertex.seconds >= 0.05 else "< 0.1 s"
    if vertex.state in {"failed", "cancelled", "running"}:
        words = f"{words}, {vertex.state}"
    return words


def _axes(axes: Any, rows: Sequence[Row], span: float) -> None:
    long = any(row.vertex.state in {"failed", "cancelled", "running"} for row in rows)
    axes.set_xlim(-0.01 * span, (1.34 if long else 1.18) * span)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [row.label for row in rows], color=INK, size=9)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.grid(visible=True, color="#e3e6e8", linewidth=0.8)
    axes.set_axisbelow(True)
    seen = ""
    for y, row in enumerate(rows):
        if row.group == seen:
            continue
        if y:
            axes.axhline(y - 0.5, color=GREY, linewidth=0.8)
        if row.group:
            axes.annotate(
                row.group,
                (1.0, y - 0.42),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="top",
                size=9,
                weight="bold",
                color=FAINT,
            )
        seen = row.group


def _label(step: Vertex) -> str:
    text = (step.instruction or step.name).partition("@sha256:")[0]
    text = text.replace("docker.io/library/", "")
    return f"{step.line}  {_short(text)}" if step.line else _short(text)


def _short(text: str, width: int = _NAME) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _alt(build: Build, rows: Sequence[Row]) -> str:
    chain = [row for row in rows if row.vertex in build.critical_path and row.vertex.stage is not None]
    least = sum(row.vertex.seconds for row in chain) * _LONG
    critical = [row.label for row in chain if row.vertex.seconds > least]
    # Whether a FROM or a WORKDIR is told of, or counts as cached, depends on what else the engine does.
    worked = [row.vertex for row in rows if _works(row.vertex)]
    cached = sum(step.cached for step in worked)
    words = f"Bars over time, one a step. Of {len(worked)} RUN, COPY or ADD "
    words += f"{cached or 'none'} came from the cache."
    stages = [stage for stage in build.stages if stage]
    if len(build.stages) > 1:
        words += f" Stages: {', '.join(stages)}."
    if critical:
        words += f" The long steps of the critical path: {'; '.join(critical)}."
    return words


def _works(step: Vertex) -> bool:
    return (step.instruction or "").upper().startswith(("RUN ", "COPY ", "ADD "))

"""A service's tasks over time: a row for each replica, and below how many run, by version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, ICE, INK, ORANGE, PURPLE, RED, styled
from course.swarm.history import History, TaskStory

# In the order in which versions appear: the same version looks the same above and below.
_LOOKS = ((BLUE, ""), (ORANGE, "//"), (PURPLE, "xx"), (ICE, ".."))
_PLATE: Any = {"boxstyle": "round,pad=0.15", "facecolor": "white", "linewidth": 0}
_TALL = 0.62
_NARROW = 0.06  # of the whole time: a bar below that has no room for its node's name
_MORE = 1.12  # the last tasks to start are drawn a little longer than they were watched


def task_timeline(history: History, title: str = "") -> Picture:
    """When each task of a service was started, ran and ended, on which node, of which version.

    `history`: what `follow(client, SERVICE)` gives. Raises ValueError when it holds no task.
    """
    if not history.tasks:
        raise ValueError("no task in this history")
    history = replace(history, seconds=history.seconds * _MORE)
    slots = sorted({task.slot for task in history.tasks})
    looks = dict(zip(_versions(history), _LOOKS * len(history.tasks), strict=False))
    with styled():
        figure = Figure(figsize=(8.6, 0.46 * len(slots) + 3.0), layout="constrained")
        rows, sums = figure.subplots(2, 1, sharex=True, height_ratios=[max(len(slots), 2), 2.2])
        rows.set_title(title or f"The tasks of {history.service}")
        for task in history.tasks:
            _draw_task(rows, task, slots.index(task.slot), looks[task.version], history.seconds)
        _draw_sums(sums, history, looks)
        _draw_marks(rows, sums, history)
        for axes in (rows, sums):
            axes.spines[["top", "right"]].set_visible(False)
        rows.set_yticks(range(len(slots)), [f"{history.service}.{slot}" for slot in slots])
        rows.tick_params(axis="y", length=0, labelcolor=INK)
        rows.set_ylim(len(slots) - 0.45, -0.6)
        sums.set_xlim(-0.05 * history.seconds, history.seconds)
        sums.set_xlabel("seconds")
        _legend(figure, history, looks)
    return Picture(figure, _alt(history))


def _versions(history: History) -> list[str]:
    return list(dict.fromkeys(t.version for t in sorted(history.tasks, key=lambda t: t.stages[0].seconds)))


def _draw_task(axes: Any, task: TaskStory, y: int, look: tuple[str, str], end: float) -> None:
    left, colour, hatch = -0.05 * end, look[0], look[1]
    ends = [stage.seconds for stage in task.stages[1:]] + [end]
    for stage, until in zip(task.stages, ends, strict=True):
        begin, until = max(stage.seconds, left), max(until, left)
        if stage.state == "starting" and until > begin:
            axes.barh(y, until - begin, left=begin, height=0.1, facecolor=colour, linewidth=0)
        elif stage.state == "running":
            axes.barh(y, until - begin, left=begin, height=_TALL, facecolor=colour, hatch=hatch,
                      edgecolor="white", linewidth=0.8)  # fmt: skip
            if until - begin > _NARROW * end:
                axes.text(begin + 0.012 * end, y, task.node, va="center", size=8.5, zorder=4,
                          bbox=_PLATE)  # fmt: skip
        elif stage.state in ("failed", "lost"):
            axes.plot([stage.seconds], [y], "X", color=RED, markersize=10, markeredgecolor="white", zorder=5)


def _draw_sums(axes: Any, history: History, looks: dict[str, tuple[str, str]]) -> None:
    moments = sorted({moment for version in looks for moment, _ in history.counts(version)})
    below = [0] * (len(moments) + 1)
    for version, (colour, hatch) in looks.items():
        counts = dict(history.counts(version))
        level, levels = 0, []
        for moment in moments:
            level = counts.get(moment, level)
            levels.append(level)
        levels.append(level)
        above = [a + b for a, b in zip(below, levels, strict=True)]
        axes.fill_between([*moments, history.seconds], below, above, step="post", facecolor=colour,
                          hatch=hatch, edgecolor="white", linewidth=0)  # fmt: skip
        below = above
    axes.plot([*moments, history.seconds], below, drawstyle="steps-post", color=INK, linewidth=1.3)
    axes.set_ylabel("running")
    axes.set_ylim(0, max(below) + 0.8)
    axes.yaxis.get_major_locator().set_params(integer=True)


def _draw_marks(rows: Any, sums: Any, history: History) -> None:
    for mark in history.marks:
        for axes in (rows, sums):
            axes.axvline(mark.seconds, color=FAINT, linestyle="--", linewidth=1.1, zorder=1)
        late = mark.seconds > 0.7 * history.seconds
        sums.annotate(mark.text, (mark.seconds, sums.get_ylim()[1]), (-4 if late else 4, -2),
                      textcoords="offset points", ha="right" if late else "left", va="top", size=8.5,
                      bbox=_PLATE)  # fmt: skip


def _legend(figure: Any, history: History, looks: dict[str, tuple[str, str]]) -> None:
    marks: list[Any] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=f"version {version}")
        for version, (colour, hatch) in looks.items()
    ]
    marks.append(Line2D([], [], color=GREY, linewidth=2.5, label="being started"))
    states = {stage.state for task in history.tasks for stage in task.stages}
    if states & {"failed", "lost"}:
        words = " or ".join(word for word in ("failed", "lost") if word in states)
        marks.append(Line2D([], [], linestyle="", marker="X", color=RED, markersize=9, label=words))
    figure.legend(handles=marks, loc="outside lower center", ncols=6, frameon=False, fontsize=9)


def _alt(history: History) -> str:
    # Which task meets which node is the scheduler's choice, and differs from run to run.
    slots = sorted({task.slot for task in history.tasks})
    words = [f"Timeline of {len(slots)} replicas of {history.service}, and how many of them run."]
    words.append(f"Versions in order: {', '.join(_versions(history))}.")
    changed = [slot for slot in slots if len(_of(history, slot)) > 1]
    words.append(f"Replicas whose task was replaced: {len(changed)}.")
    for state in ("failed", "lost"):
        if any(stage.state == state for task in history.tasks for stage in task.stages):
            words.append(f"Tasks that {'failed' if state == 'failed' else 'were lost'} are marked.")
    running = {
        t.version for t in history.tasks if t.running(history.seconds) and t.stages[-1].state == "running"
    }
    words.append(f"At the end run: version {', '.join(sorted(running))}.")
    if history.marks:
        words.append(f"Marked: {', '.join(dict.fromkeys(mark.text for mark in history.marks))}.")
    return " ".join(words)


def _of(history: History, slot: int) -> Sequence[TaskStory]:
    return [task for task in history.tasks if task.slot == slot]

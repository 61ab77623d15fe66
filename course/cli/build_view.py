"""How a build looks on a terminal: live while it runs, and as a story afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from course.cli.console import err
from course.steps import SILENT, Step
from course.trace import Build, CacheStory, StepStory, Vertex

_MARK = {
    "waiting": ("·", "dim"),
    "running": ("▶", "cyan"),
    "cached": ("=", "dim"),
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "cancelled": ("-", "yellow"),
}
_SHOWN = 30  # lines; a terminal has few more
_LOG = 3  # last lines of what a running step prints


class LiveBuild:
    """The build on standard error, redrawn as it goes on; off a terminal, a line for each step that ended.

    It is a `Steps` too, for what there is to say before the build begins.
    """

    def __init__(self, title: str) -> None:
        self.last: Build | None = None
        self._title, self._console = title, err()
        self._live = Live(console=self._console, transient=True, refresh_per_second=8)
        self._told: set[str] = set()
        self._note = ""

    def __enter__(self) -> LiveBuild:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def update(self, build: Build) -> None:
        """Takes the newest snapshot."""
        self.last = build
        if self._console.is_terminal:
            self._live.update(self._frame(build))
            return
        for step in build.steps:
            if step.digest not in self._told and step.state not in {"waiting", "running"}:
                self._told.add(step.digest)
                self._console.print(_line(step))

    def note(self, text: str) -> None:
        """A line of its own."""
        self._console.print(f"  [dim]·[/] {escape(text)}")

    @contextmanager
    def step(self, title: str, *, unit: str = "") -> Iterator[Step]:
        """See `course.steps.Steps`: the only step is the sending of a large context."""
        if not self._console.is_terminal:
            with SILENT.step(title) as step:
                yield step
            return
        yield _Sending(self)

    def _frame(self, build: Build) -> RenderableType:
        lines: list[RenderableType] = [Text(f"{self._title}  {build.seconds:.1f} s", style="bold")]
        steps = [step for step in build.steps if step.state != "waiting" or len(build.steps) <= _SHOWN]
        lines += [_line(step) for step in steps[-_SHOWN:]]
        for vertex in build.vertices:
            if not vertex.running:
                continue
            lines += [Text(f"    {line[:100]}", style="dim") for line in vertex.log.splitlines()[-_LOG:]]
            if vertex.stage is None and vertex.name.startswith("exporting"):
                lines.append(_line(vertex))
        return Group(*lines)

    def sending(self, done: float, total: float) -> None:
        """Shows how much of the context is packed."""
        self._live.update(Text(f"{self._title}  sending {done / 1e6:.0f} of {total / 1e6:.0f} MB"))


class _Sending:
    def __init__(self, live: LiveBuild) -> None:
        self._live, self._at = live, 0.0

    def update(self, done: float | None = None, total: float | None = None, note: str = "") -> None:
        """See `course.steps.Step`."""
        if done is not None and total and time.monotonic() - self._at > 0.1 and self._live.last is None:
            self._at = time.monotonic()
            self._live.sending(done, total)


def story_text(story: CacheStory) -> Text:
    """The story, a line a step, coloured by outcome."""
    text = Text()
    text.append(story.headline() + "\n", style="bold")
    width = max((len(_where(step)) for step in story.steps), default=0)
    for step in story.steps:
        mark, style = {
            "reused": ("=", "dim"),
            "rerun": ("↻", "yellow"),
            "first time": ("+", "green"),
            "not run": ("·", "dim"),
        }[step.outcome]
        if step.ended == "failed":
            mark, style = "✗", "red"
        text.append(f"  {mark} {_where(step):<{width}}  ", style=style)
        text.append(_short(step.instruction), style="dim" if step.outcome == "reused" else "")
        text.append(f"  {_did(step)}", style=style)
        if step.reason.text:
            text.append(f": {step.reason.text}")
        text.append("\n")
    text.right_crop(1)
    return text


def _where(step: StepStory) -> str:
    return f"line {step.line}" if step.line else f"{step.stage} {step.step}".strip()


def _did(step: StepStory) -> str:
    words = {"reused": "reused", "rerun": "ran again", "first time": "first time", "not run": "did not run"}
    ended = {"failed": ", failed", "cancelled": ", cancelled"}.get(step.ended, "")
    time_ = f" {step.seconds:.1f} s" if step.seconds >= 0.05 else ""
    return words[step.outcome] + time_ + ended


def _line(vertex: Vertex) -> Text:
    mark, style = _MARK[vertex.state]
    where = f"{vertex.line:>4}  " if vertex.line else "      "
    text = Text(f"{mark} {where}", style=style)
    text.append(_short(vertex.instruction or vertex.name), style="dim" if vertex.cached else "")
    if vertex.cached:
        text.append("  cached", style="dim")
    elif vertex.seconds >= 0.05:
        text.append(f"  {vertex.seconds:.1f} s", style="dim")
    if vertex.running:
        text.append(_progress(vertex), style="cyan")
    return text


def _progress(vertex: Vertex) -> str:
    current = sum(one.current for one in vertex.progress if one.total)
    total = sum(one.total for one in vertex.progress)
    return f"  {current / 1e6:.1f} of {total / 1e6:.1f} MB" if total else "  …"


def _short(text: str, width: int = 64) -> str:
    line = " ".join(text.partition("@sha256:")[0].split())
    return line if len(line) <= width else f"{line[: width - 1]}…"

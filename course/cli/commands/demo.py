"""`course demo CHAPTER`: a chapter on stage, a key press at a time."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.syntax import Syntax
from rich.text import Text

from course.amounts import duration
from course.chapters import Chapter
from course.cli.console import err, out
from course.demo.kernel import Kernel, Output
from course.demo.steps import DemoStep, chapter_named, live_seconds_of, minutes_of, steps_of
from course.errors import InputError

_KEYS = "Enter: next · s: skip · n: notes · q: quit"
_NEXT = frozenset("\r\n ")


@click.command(name="demo")
@click.argument("chapter")
@click.option("--from", "first", metavar="N", type=click.IntRange(1), default=1, help="Begin at step N.")
@click.option("--notes", is_flag=True, help="Show the presenter's notes with each step.")
@click.option("--no-wait", is_flag=True, help="Don't wait for keys: a rehearsal, with the time of each step.")
@click.option("--list", "as_list", is_flag=True, help="List the steps, and run nothing.")
def command(chapter: str, first: int, notes: bool, no_wait: bool, as_list: bool) -> None:
    """Run a chapter step by step in the terminal, on the live engine.

    A key press runs the cell that is shown, and shows the next one. With --from N the code before step N is
    run unseen, since what follows needs it. However it ends, what it made is removed.

    \b
    Examples:
      course demo 04                  the chapter Layers
      course demo layers --from 12
      course demo 04 --no-wait        how long the engine takes for it
      course demo 04 --list
    """  # fmt: skip
    found = chapter_named(chapter)
    steps = steps_of(found)
    if first > len(steps):
        raise InputError(
            f"{found.notebook} has {len(steps)} steps.", hint=f"Run: course demo {found.id} --list"
        )
    if as_list:
        _list(steps)
        err().print(_times(found, steps))
        return
    if not no_wait and not sys.stdin.isatty():
        raise InputError("There is no keyboard to wait for.", hint=f"Run: course demo {found.id} --no-wait")
    began = time.monotonic()
    with Kernel(found) as kernel:
        stage = _Stage(kernel, len(steps), notes=notes, wait=not no_wait)
        try:
            stage.play(steps, first)
        finally:
            stage.clear(steps)
    took = f"{duration(time.monotonic() - began)}, {duration(stage.seconds)} of it in cells"
    err().print(f"{found.title}: {took}. {_times(found, steps)}")


class _Quit(Exception):
    """The presenter has seen enough."""


class _Stage:
    def __init__(self, kernel: Kernel, total: int, *, notes: bool, wait: bool) -> None:
        self._kernel, self._total, self._notes, self._wait = kernel, total, notes, wait
        self._console: Console = out()
        self._dirty = False
        self.seconds = 0.0  # in cells

    def play(self, steps: Sequence[DemoStep], first: int) -> None:
        """All steps from the one numbered `first`. Ends early where the presenter quits."""
        before = [step for step in steps if step.code and step.number < first]
        if before:
            err().print(f"Running the {len(before)} code cells before step {first} …")
        for step in before:
            self._run(step)
        try:
            for step in steps[first - 1 :]:
                self._step(step)
        except _Quit:
            return

    def clear(self, steps: Sequence[DemoStep]) -> None:
        """Takes away what was made, if the chapter's own last cell hasn't."""
        last = steps[-1]
        if self._dirty and last.cleans_up:
            err().print("Removing what the demonstration made …")
            self._kernel.run(last)

    def _step(self, step: DemoStep) -> None:
        self._console.print()
        self._console.rule(Text(f"{step.number} of {self._total}  {step.heading}"), align="left", style="dim")
        if step.code:
            self._console.print(Syntax(step.text, "python", theme="ansi_dark", word_wrap=True))
        else:
            self._console.print(Markdown(step.text))
        if self._notes and step.notes:
            self._note(step)
        if self._asked(step) and step.code:
            seconds, outputs = self._run(step)
            for output in outputs:
                self._console.print(_shown(output))
            if not self._wait:
                self._console.print(Text(f"{seconds:.1f} s", "dim"))

    def _run(self, step: DemoStep) -> tuple[float, tuple[Output, ...]]:
        began = time.monotonic()
        self._dirty = not step.cleans_up
        outputs: tuple[Output, ...]
        try:
            outputs = self._kernel.run(step)
        except KeyboardInterrupt:
            if not self._wait:
                raise
            outputs = (Output("failed", "interrupted"),)
        seconds = time.monotonic() - began
        self.seconds += seconds
        return seconds, outputs

    def _asked(self, step: DemoStep) -> bool:
        """Whether to go on with the step; False to skip it."""
        while self._wait:
            err().print(Text(_KEYS, "dim"), end="\r")
            key = click.getchar()
            err().print(" " * len(_KEYS), end="\r")
            if key in {"q", "\x03", "\x04"}:
                raise _Quit
            if key == "n":
                self._note(step)
            elif key == "s" or key in _NEXT:
                return key != "s"
        return True

    def _note(self, step: DemoStep) -> None:
        text = Markdown(step.notes or "No notes for this step.")  # as a string its [brackets] would be markup
        self._console.print(Panel(text, title="notes", style="italic"))


def _shown(output: Output) -> Text:
    return Text(output.text, {"printed": "", "shown": "cyan", "failed": "red"}[output.kind])


def _times(chapter: Chapter, steps: Sequence[DemoStep]) -> str:
    """What the chapter is said to take, and what was measured."""
    said = []
    if minutes := minutes_of(steps):
        said.append(f"A learner takes about {minutes} minutes.")
    if seconds := live_seconds_of(chapter):
        said.append(f"The cells alone: {seconds} s, measured on an idle machine of two cores.")
    return " ".join(said)


def _list(steps: Sequence[DemoStep]) -> None:
    for step in steps:
        line = next(iter(step.text.strip().splitlines()), "")
        out().print(Text(f"{step.number:3} {'code' if step.code else 'text'}  {line[:90]}"))

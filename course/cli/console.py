"""What the command line prints, and where: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from course.amounts import progress
from course.errors import CourseError, InputError
from course.steps import Step


def out() -> Console:
    """The console for results. Rich colours only a terminal, and honours NO_COLOR."""
    return Console(highlight=False, soft_wrap=True)


def err() -> Console:
    """The console for progress, warnings and errors."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON value on standard output, and nothing else."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """The NAME=VALUE words of a repeatable option. Raises InputError for a word without a value."""
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise InputError(f"{option} {one} has no value.", hint=f"Write {option} NAME=VALUE")
        found[name] = value
    return found


def write(path: Path, text: str, option: str) -> None:
    """Writes the file that an option named. Raises InputError where that can't be done."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}.", hint=f"Check the path after {option}."
        ) from error


def show_error(error: CourseError) -> None:
    """Fact, the other program's words, and the next step, on standard error."""
    console = err()
    console.print(f"[bold red]error[/]  {escape(str(error))}")
    if error.detail:
        for line in error.detail.rstrip().splitlines():
            console.print(f"       [dim]│[/] {escape(line)}")
    if error.hint:
        console.print(f"[bold]next[/]   {escape(error.hint)}")


class TerminalSteps:
    """Steps drawn on standard error: live with bars on a terminal, a line at the end of each elsewhere."""

    def __init__(self) -> None:
        self._console = err()
        self._lock = threading.Lock()
        self._open = 0
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[amount]}"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=self._console,
            transient=True,
        )

    def note(self, text: str) -> None:
        """A line of its own."""
        self._console.print(f"  [dim]·[/] {escape(text)}")

    @contextmanager
    def step(self, title: str, *, unit: str = "") -> Iterator[Step]:
        """See `course.steps.Steps`."""
        began = time.monotonic()
        task = self._enter(title)
        mark = "[red]✗[/]"
        try:
            yield _TaskStep(self._progress, task, unit)
            mark = "[green]✓[/]"
        finally:
            self._leave(task)
            self._console.print(f"  {mark} {escape(title)}  [dim]{time.monotonic() - began:.1f} s[/]")

    def _enter(self, title: str) -> Any:
        with self._lock:
            self._open += 1
            if self._open == 1 and self._console.is_terminal:
                self._progress.start()
        return self._progress.add_task(escape(title), total=None, note="", amount="")

    def _leave(self, task: Any) -> None:
        self._progress.remove_task(task)
        with self._lock:
            self._open -= 1
            if self._open == 0 and self._console.is_terminal:
                self._progress.stop()


class _TaskStep:
    def __init__(self, progress: Progress, task: Any, unit: str) -> None:
        self._progress, self._task, self._unit = progress, task, unit

    def update(self, done: float | None = None, total: float | None = None, note: str = "") -> None:
        amount = progress(done, total, self._unit)
        self._progress.update(self._task, completed=done, total=total, note=escape(note), amount=amount)

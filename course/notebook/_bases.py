"""Brings the base images of a lesson that the engine lacks, and shows how far that is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import escape
from typing import Any

from IPython.display import display

from course import images
from course.amounts import progress
from course.engine.address import Address
from course.engine.connect import connect
from course.engine.describe import describe
from course.errors import CourseError
from course.images.status import present
from course.steps import Step, Steps
from course.widgets.exercise import error_card

_PAUSE = 0.25  # seconds between two paintings: more often nobody can read it


def bring(address: Address, chapter: str) -> None:
    """Makes sure of what `chapter` ("06") and its exercises stand on. One API call when all is there.

    Where an image can't be had, a card says so, with the next command: other cells of the lesson may do
    without it.
    """
    wanted = images.for_chapters([chapter])
    with closing(connect(address)) as client:
        if len(present(client, wanted)) == len(wanted):
            return
        allowed = describe(client, address).embedded or images.stand_ins_asked()
        try:
            images.ensure(client, wanted, steps=NotebookSteps(), allow_stand_ins=allowed)
        except CourseError as error:
            display(error_card(error))  # type: ignore[no-untyped-call]


class NotebookSteps(Steps):
    """Steps as one output that is written anew while they run: a line for each, and for each note."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._lock = threading.Lock()
        self._painted = 0.0
        self._later: threading.Timer | None = None
        self._shown: Any = None

    def note(self, text: str) -> None:
        """A line of its own."""
        self._add(_Line(self, text, "", "·"))

    @contextmanager
    def step(self, title: str, *, unit: str = "") -> Iterator[Step]:
        """See `course.steps.Steps`."""
        line = self._add(_Line(self, title, unit, "…"))
        began, mark = time.monotonic(), "✗"
        try:
            yield line
            mark = "✓"
        finally:
            line.mark, line.said = mark, f"{time.monotonic() - began:.1f} s"
            self.paint(at_once=True)

    def paint(self, *, at_once: bool = False) -> None:
        """Shows how things stand; a little later, if that was done a moment ago."""
        with self._lock:
            wait = self._painted + _PAUSE - time.monotonic()
            if not at_once and wait > 0:
                if self._later is None:
                    self._later = threading.Timer(wait, self.paint, kwargs={"at_once": True})
                    self._later.daemon = True
                    self._later.start()
                return
            if self._later:
                self._later.cancel()
            self._painted, self._later = time.monotonic(), None
            text = "\n".join(str(line) for line in self._lines)
            page = {"text/plain": text, "text/html": f"<pre>{escape(text)}</pre>"}
            if self._shown is None:
                self._shown = display(page, raw=True, display_id=True)  # type: ignore[no-untyped-call]
            elif self._shown:
                self._shown.update(page, raw=True)

    def _add(self, line: _Line) -> _Line:
        with self._lock:
            self._lines.append(line)
        self.paint(at_once=True)
        return line


class _Line(Step):
    def __init__(self, steps: NotebookSteps, title: str, unit: str, mark: str) -> None:
        self._steps, self._title, self._unit = steps, title, unit
        self.mark, self.said = mark, ""

    def update(self, done: float | None = None, total: float | None = None, note: str = "") -> None:
        """See `course.steps.Step`."""
        self.said = "  ".join(filter(None, [progress(done, total, self._unit), note]))
        self._steps.paint()

    def __str__(self) -> str:
        return f"{self.mark} {self._title}  {self.said}".rstrip()

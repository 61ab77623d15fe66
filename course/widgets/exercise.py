"""The exercise panel: the task, and the buttons Start, Check, Hint and Reset."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from markdown_it import MarkdownIt

from course import exercises
from course.errors import CourseError
from course.exercises import Exercise
from course.paths import repository
from course.widgets.assets import script, style
from course.widgets.html import Html


class ExercisePanel(anywidget.AnyWidget):
    """`check` is called with the exercise's id and returns the report as HTML; `hint` likewise.

    They are handed in because this module knows neither the checkers nor the record of progress.
    """

    _esm = script("exercise")
    _css = style("exercise")

    heading = traitlets.Unicode().tag(sync=True)
    task = traitlets.Unicode().tag(sync=True)  # HTML, from the course's own task.md
    output = traitlets.Unicode().tag(sync=True)  # HTML
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, exercise: Exercise, *, check: Callable[[str], str], hint: Callable[[Exercise], str]
    ) -> None:
        super().__init__(
            heading=f"Exercise {exercise.id}: {exercise.title} ({exercise.minutes} minutes)",
            task=_page(exercise.task),
        )
        self._exercise = exercise
        self._actions: dict[str, Callable[[], str]] = {
            "start": self._start,
            "check": lambda: check(exercise.id),
            "hint": lambda: hint(exercise),
            "reset": self._reset,
        }
        self.on_msg(lambda _, message, __: self.do(str(message.get("do"))))

    def do(self, action: str) -> None:
        """What a button does. An error of the course is shown in the panel, where the learner looks."""
        if action not in self._actions:
            return
        self.busy = True
        try:
            self.output = self._actions[action]()
        except CourseError as error:
            self.output = error_card(error).html
        finally:
            self.busy = False

    def _start(self) -> str:
        copy, fresh = exercises.start(self._exercise.id)
        fact = "Your working copy is ready" if fresh else "Your working copy was there already"
        return f"<p>{fact}: <code>{escape(_shown(copy))}</code>. Open it in the file browser.</p>"

    def _reset(self) -> str:
        copy = exercises.reset(self._exercise.id)
        return (
            f"<p>A fresh copy is in <code>{escape(_shown(copy))}</code>. "
            f"What was there is kept in <code>{escape(_shown(copy.parent / '.old'))}</code>.</p>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found = super()._repr_mimebundle_(**kwargs)
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        name = self._exercise.id
        text = f"{self.heading}\n  course start {name}\n  course check {name}"
        page = (
            f"<p><strong>{escape(self.heading)}</strong></p>"
            f"<p><code>course start {name}</code>, then <code>course check {name}</code></p>"
        )
        return {**data, "text/plain": text, "text/html": page}, metadata


def _page(task: str) -> str:
    """The task as HTML, without its title: the panel's heading says it already."""
    body = re.sub(r"\A\s*# .*\n", "", task)
    return str(MarkdownIt("commonmark").enable("table").render(body))


def error_card(error: CourseError) -> Html:
    """An error as fact, the other program's words, and the next step."""
    detail = f"<pre>{escape(error.detail)}</pre>" if error.detail else ""
    hint = f"<p><strong>next</strong> {escape(error.hint)}</p>" if error.hint else ""
    text = "\n".join(filter(None, [str(error), error.detail, f"next: {error.hint}" if error.hint else ""]))
    return Html(f"<p>{escape(str(error))}</p>{detail}{hint}", text)


def _shown(path: Path) -> str:
    # From the folder that holds notebooks/, work/ and exercises/: what the file browser shows.
    shown = os.path.relpath(path, repository())
    return str(path) if shown.startswith("..") else shown

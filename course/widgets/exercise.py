"""The exercise panel: the task, the files, and the buttons Start, Check, Hint, Difference and Reset."""

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

from course import exercises, snapshots
from course.errors import CourseError, NoWorkingCopy
from course.exercises import Exercise
from course.markup import inline
from course.paths import repository
from course.widgets import editor
from course.widgets.assets import script, style
from course.widgets.html import Html

_KEEP_VERDICT = {"hint", "difference"}  # they are about the attempt that it judges


class ExercisePanel(anywidget.AnyWidget):
    """`check` is called with the exercise's id and returns the report as HTML; `hint` likewise.

    They are handed in because this module knows neither the checkers nor the record of progress.
    """

    _esm = script("editor", "exercise")
    _css = style("editor", "exercise")

    heading = traitlets.Unicode().tag(sync=True)
    task = traitlets.Unicode().tag(sync=True)  # HTML, from the course's own task.md
    output = traitlets.Unicode().tag(sync=True)  # HTML: what the last button says, or the reason why it can't
    verdict = traitlets.Unicode().tag(
        sync=True
    )  # HTML: the last check's report; it stays while hints are read
    files = traitlets.List(traitlets.Dict()).tag(sync=True)  # of the working copy: name, version, note
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
            "difference": self._difference,
            "reset": self._reset,
        }
        self._list()
        self.on_msg(lambda _, message, __: self.hear(message))

    def hear(self, message: dict[str, Any]) -> None:
        """A message of the page: a button's, or a question of the editor, which gets an answer."""
        found = editor.answer(exercises.work_folder() / self._exercise.id, message)
        if found is None:
            self.do(str(message.get("do")))
            return
        self._list()  # before the answer: a new file has its tab when the page hears that it is there
        self.send(found)

    def do(self, action: str) -> None:
        """What a button does. An error of the course is shown in the panel, where the learner looks."""
        if action not in self._actions:
            return
        self.busy = True
        if action not in _KEEP_VERDICT:
            self.verdict = ""
        try:
            said = self._actions[action]()
            self.output, self.verdict = ("", said) if action == "check" else (said, self.verdict)
        except CourseError as error:
            self.output = error_card(error).html
        finally:
            self._list()
            self.busy = False

    def _list(self) -> None:
        try:
            self.files = editor.files(exercises.working_copy(self._exercise.id))
        except NoWorkingCopy:
            self.files = []

    def _start(self) -> str:
        copy, fresh = exercises.start(self._exercise.id)
        fact = "Your working copy is ready" if fresh else "Your working copy was there already"
        return f"<p>{fact}: <code>{escape(_shown(copy))}</code>. Edit its files here, or in any editor.</p>"

    def _difference(self) -> str:
        name = self._exercise.id
        copy = exercises.working_copy(name)
        if snapshots.has_passed(name):
            since, changed = "your last passing version", snapshots.difference(name, copy)
        else:
            since, changed = (
                "the start: no version has passed yet",
                snapshots.difference_to_starter(name, copy),
            )
        return difference_page(since, changed)

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


def difference_page(since: str, changed: str) -> str:
    """A unified diff as HTML; the signs stand at each line's start, so that colour is never alone."""
    if not changed:
        return f"<p>Nothing changed since {escape(since)}.</p>"
    tags = {"+": "ins", "-": "del"}
    lines = []
    for line in changed.removesuffix("\n").split("\n"):
        tag = "span" if line.startswith(("---", "+++")) else tags.get(line[:1], "span")
        end = "\n" if tag == "span" else ""  # the others are blocks, with a line of their own
        lines.append(f"<{tag}>{escape(line)}{end}</{tag}>")
    return f'<p>What changed since {escape(since)}.</p><pre class="course-difference">{"".join(lines)}</pre>'


def error_card(error: CourseError) -> Html:
    """An error as fact, the other program's words, and the next step."""
    detail = f"<pre>{escape(error.detail)}</pre>" if error.detail else ""
    hint = f"<p><strong>next</strong> {inline(error.hint)}</p>" if error.hint else ""
    text = "\n".join(filter(None, [str(error), error.detail, f"next: {error.hint}" if error.hint else ""]))
    return Html(f"<p>{inline(str(error))}</p>{detail}{hint}", text)


def _shown(path: Path) -> str:
    # From the folder that holds notebooks/, work/ and exercises/: what the file browser shows.
    shown = os.path.relpath(path, repository())
    return str(path) if shown.startswith("..") else shown

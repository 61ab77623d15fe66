"""Checks and hints, for a cell and for the panel. Loads the checkers only when somebody checks."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

import docker

from course import attempts, hints
from course.errors import NoWorkingCopy
from course.exercises import Exercise
from course.markup import inline
from course.progress import Progress
from course.widgets.exercise import error_card
from course.widgets.html import Html

if TYPE_CHECKING:
    from checkers.result import CheckResult


def verdict(exercise_id: str, client: docker.DockerClient | None) -> Html:
    """The report on the working copy, recorded; or a card that says that there is none yet."""
    from checkers import render, runner

    try:
        report = runner.check(exercise_id, client=client)
    except NoWorkingCopy as error:
        return error_card(error)
    attempts.keep(report.to_json())
    return Html(render.html(report, _Figures()), render.text(report))


class _Figures:
    """Draws the builds of the first check that has some. A second figure would show the same Dockerfile."""

    def __init__(self) -> None:
        self._drawn = False

    def __call__(self, check: CheckResult) -> str:
        """The figure as HTML; "" where there is nothing to draw."""
        if self._drawn or not check.builds or not any(build.steps for build in check.builds):
            return ""
        from course import plots

        self._drawn = True
        try:
            first, *rest = check.builds
            picture = plots.cache_story(first, rest[0]) if rest else plots.gantt(first)
        except ValueError:  # a build in which nothing has run
            return ""
        data = base64.b64encode(picture.png()).decode("ascii")
        return (
            f'<img src="data:image/png;base64,{data}" alt="{escape(picture.alt)}" '
            'style="display:block;max-width:100%;margin:0.4em 0">'
        )


def report_html(exercise_id: str, client: docker.DockerClient | None) -> str:
    """The same as HTML alone."""
    return verdict(exercise_id, client).html


def next_hint(exercise: Exercise) -> str:
    """The next hint on what the last attempt is missing, as HTML, below those that were taken before."""
    progress = Progress()
    hint = hints.next_hint(exercise, progress.last_report(exercise.id), progress)
    if not hint.of:
        return f"<p>{inline(hint.text)}</p>"
    about = f" on “{escape(hint.about)}”" if hint.about else ""
    earlier = "".join(f'<p class="course-faint">{inline(text)}</p>' for text in hint.earlier)
    return f"{earlier}<p><strong>Hint {hint.number} of {hint.of}{about}.</strong> {inline(hint.text)}</p>"

"""Checks and hints, for a cell and for the panel. Loads the checkers only when somebody checks."""

from __future__ import annotations

from html import escape

import docker

from course.errors import NoWorkingCopy
from course.exercises import Exercise
from course.progress import Progress
from course.widgets.exercise import error_card
from course.widgets.html import Html


def verdict(exercise_id: str, client: docker.DockerClient | None) -> Html:
    """The report on the working copy, recorded; or a card that says that there is none yet."""
    from checkers import render, runner

    try:
        report = runner.check(exercise_id, client=client)
    except NoWorkingCopy as error:
        return error_card(error)
    Progress().record(report.to_json())
    return Html(render.html(report), render.text(report))


def report_html(exercise_id: str, client: docker.DockerClient | None) -> str:
    """The same as HTML alone."""
    return verdict(exercise_id, client).html


def next_hint(exercise: Exercise) -> str:
    """The next hint as HTML; after the last one, that one again."""
    number = Progress().take_hint(exercise.id, len(exercise.hints))
    hint = escape(exercise.hints[number - 1])
    return f"<p><strong>Hint {number} of {len(exercise.hints)}.</strong> {hint}</p>"

"""`course list`: chapters and exercises with their state."""

from __future__ import annotations

from typing import Any

import click
from rich.table import Table

from course.cli.console import out, print_json
from course.progress import Progress
from course.standing import SIGNS, Tried, standing


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """List the chapters and the exercises, and how each stands.

    Predictions and times are shown by `course progress`.

    \b
    Examples:
      course list
      course list --json
    """
    reached = standing(Progress()).reached
    lessons = [one.chapter for one in reached if one.chapter.notebook]
    tried = [each for one in reached for each in one.tried]
    if as_json:
        chapters = [{"id": one.id, "title": one.title, "notebook": one.notebook} for one in lessons]
        print_json({"chapters": chapters, "exercises": [_json(one) for one in tried]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "exercise", "title", "minutes", "state", "tries", "hints"):
        table.add_column(name, justify="right" if name in {"minutes", "tries", "hints"} else "left")
    for one in tried:
        counts = [str(count or "") for count in (one.known.attempts, one.known.hints)]
        exercise = one.exercise
        table.add_row(SIGNS[one.how], exercise.id, exercise.title, str(exercise.minutes), one.how, *counts)
    console = out()
    for lesson in lessons:
        console.print(f"{lesson.id}  {lesson.title}", markup=False)
    if lessons:
        console.print()
    console.print(table)


def _json(one: Tried) -> dict[str, Any]:
    return {
        "id": one.exercise.id,
        "chapter": one.exercise.chapter,
        "title": one.exercise.title,
        "state": one.how,
        "minutes": one.exercise.minutes,
        "attempts": one.known.attempts,
        "best": one.known.best,
        "hints": one.known.hints,
    }

"""`course start EX`: the learner's working copy."""

from __future__ import annotations

import contextlib

import click
from rich.markdown import Markdown

from course.cli.console import out, print_json
from course.errors import CourseError
from course.exercises import find
from course.exercises import start as start_exercise
from course.progress import Progress


@click.command(name="start")
@click.argument("exercise")
@click.option("--force", is_flag=True, help="Begin anew; what was there is kept in work/.old.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(exercise: str, force: bool, as_json: bool) -> None:
    """Get an exercise: a folder work/EXERCISE to work in.

    A folder that is there already is kept as it is.

    \b
    Examples:
      course start 03-first-dockerfile
      course start 03-first-dockerfile --force
    """
    folder, new = start_exercise(exercise, force=force)
    with contextlib.suppress(CourseError):  # a lost record is no reason to keep the files back
        Progress().note(exercise, "start")
    if as_json:
        print_json({"exercise": exercise, "folder": str(folder), "new": new})
        return
    console = out()
    if console.is_terminal and new:
        console.print(Markdown(find(exercise).task))
        console.print()
    console.print(f"{'Your copy' if new else 'Your copy, as you left it'}: {folder}", markup=False)
    console.print(f"Read {folder / 'task.md'}, then: course check {exercise}", markup=False)

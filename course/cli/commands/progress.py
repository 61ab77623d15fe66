"""`course progress`: what you predicted, tried and passed, and how long it took."""

from __future__ import annotations

import sys
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from course.amounts import duration
from course.cli.console import err, out, print_json
from course.exercises import find
from course.paths import paths
from course.progress import Progress
from course.standing import SIGNS, Reached, Standing, Tried, standing


@click.command(name="progress")
@click.argument("exercise", metavar="[EX]", required=False)
@click.option("--forget", is_flag=True, help="Delete the record: all of it, or that of EX.")
@click.option("--yes", is_flag=True, help="Don't ask before deleting.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(exercise: str | None, forget: bool, yes: bool, as_json: bool) -> None:
    """Show how far you are: predictions, exercises, tries, hints, time.

    A prediction counts as you made it before the lesson told the answer. The time is an estimate: what lies
    between two signs of work on an exercise (a start, a save, a hint, a check) up to its first pass; of a
    longer pause a quarter of an hour counts.

    The record is a file on this machine. Nothing sends it anywhere.

    \b
    Examples:
      course progress
      course progress --json
      course progress --forget 03-healthcheck   begin to count anew; your files stay
      course progress --forget --yes            the whole record
    """
    progress = Progress()
    if forget:
        _forget(progress, exercise, asked=not yes and sys.stdin.isatty())
    elif exercise:
        raise click.UsageError("An exercise is named with --forget only.")
    now = standing(progress)
    if as_json:
        print_json(_json(now))
    elif not forget:
        _print(now)


def _forget(progress: Progress, exercise: str | None, *, asked: bool) -> None:
    what = find(exercise).id if exercise else "everything that you predicted and tried"
    if asked:
        click.confirm(f"Delete the record of {what}?", abort=True)
    if exercise:
        progress.forget(find(exercise).id)
    else:
        progress.forget_all()
    err().print(f"The record of {what} is deleted.", markup=False)


def _print(now: Standing) -> None:
    console = out()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "chapter, exercise", "state", "predictions", "tries", "hints", "time"):
        table.add_column(name, justify="right" if name in {"tries", "hints", "time"} else "left")
    for reached in now.reached:
        table.add_row(*_chapter(reached), style="bold")
        for one in reached.tried:
            table.add_row(*_exercise(one))
    console.print(table)
    console.print()
    if now.next:
        verb = "start" if now.next.how == "new" else "check"
        console.print(f"Go on with: course {verb} {now.next.exercise.id}")
    console.print(f"Kept on this machine alone: {paths().progress}", style="dim", markup=False)


def _chapter(reached: Reached) -> list[str | Text]:
    name = Text(f"{reached.chapter.id}  {reached.chapter.title}")
    state = f"{reached.passed} of {len(reached.tried)} passed" if reached.tried else ""
    return ["", name, state, reached.predicted.words, "", "", duration(reached.seconds)]


def _exercise(one: Tried) -> list[str]:
    counts = [str(count or "") for count in (one.known.attempts, one.known.hints)]
    return [SIGNS[one.how], f"    {one.exercise.id}", one.how, "", *counts, duration(one.seconds)]


def _json(now: Standing) -> dict[str, Any]:
    return {
        "chapters": [
            {
                "id": one.chapter.id,
                "title": one.chapter.title,
                "notebook": one.chapter.notebook,
                "predictions": {
                    "asked": one.predicted.asked,
                    "answered": one.predicted.answered,
                    "judged": one.predicted.judged,
                    "right": one.predicted.right,
                },
                "exercises": [
                    {
                        "id": each.exercise.id,
                        "state": each.how,
                        "attempts": each.known.attempts,
                        "best": each.known.best,
                        "last": each.known.last,
                        "hints": each.known.hints,
                        "seconds": round(each.seconds, 1),
                    }
                    for each in one.tried
                ],
                "seconds": round(one.seconds, 1),
            }
            for one in now.reached
        ],
        "next": now.next.exercise.id if now.next else None,
        "record": str(paths().progress),
    }

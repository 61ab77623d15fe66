"""`course hint EX`: one more hint at each call."""

from __future__ import annotations

import click

from course.cli.console import out, print_json
from course.exercises import find
from course.progress import Progress


@click.command(name="hint")
@click.argument("exercise")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(exercise: str, as_json: bool) -> None:
    """Show the next hint of an exercise: from a nudge to nearly the answer.

    Each call gives one more; how far you went is remembered.

    \b
    Examples:
      course hint 03-first-dockerfile
    """
    found = find(exercise)
    number = Progress().take_hint(found.id, len(found.hints))
    if as_json:
        hints = list(found.hints[:number])
        print_json({"exercise": found.id, "number": number, "of": len(found.hints), "hints": hints})
        return
    console = out()
    for position, text in enumerate(found.hints[:number], 1):
        console.print(f"{position} of {len(found.hints)}  {text}", markup=False)

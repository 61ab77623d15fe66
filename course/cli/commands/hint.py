"""`course hint EX`: one more hint at each call, on what the last attempt is missing."""

from __future__ import annotations

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from course.cli.console import out, print_json
from course.exercises import find
from course.hints import Hint, next_hint
from course.progress import Progress


@click.command(name="hint")
@click.argument("exercise")
@click.option("--all", "every", is_flag=True, help="All hints on it at once, up to nearly the answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(exercise: str, every: bool, as_json: bool) -> None:
    """Show the next hint of an exercise: a nudge, a pointer, nearly the answer.

    It is about the first check that failed when you last ran `course check`; before any attempt, about the
    exercise as a whole. Each call gives one more; how far you went is remembered.

    \b
    Examples:
      course hint 03-first-dockerfile
      course hint 03-first-dockerfile --all
      course hint 03-first-dockerfile --json
    """  # fmt: skip
    found = find(exercise)
    progress = Progress()
    hint = next_hint(found, progress.last_report(found.id), progress, last=every)
    if as_json:
        print_json(_json(found.id, hint))
    else:
        out().print(_shown(hint), soft_wrap=False)  # it wraps, with an indent


def _json(exercise: str, hint: Hint) -> dict[str, object]:
    return {
        "exercise": exercise,
        "passed": not hint.of,
        "about": hint.about,
        "ladder": hint.ladder,
        "number": hint.number,
        "of": hint.of,
        "hints": [*hint.earlier, hint.text] if hint.of else [],
    }


def _shown(hint: Hint) -> RenderableType:
    if not hint.of:
        return Text(hint.text)
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    for number, text in enumerate(hint.earlier, 1):
        rows.add_row(Text(f"{number} of {hint.of}", "dim"), Text(text, "dim"))
    rows.add_row(Text(f"{hint.number} of {hint.of}", "bold"), Text(hint.text))
    about = Text.assemble(("your last check: ", "dim"), (f"✗ {hint.about}", "")) if hint.about else None
    return Group(about, rows) if about else rows

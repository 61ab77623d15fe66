"""`course list`: chapters and exercises with their state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from course.cli.console import out, print_json
from course.exercises import Exercise, load, work_folder
from course.paths import repository
from course.progress import Progress, State

_SIGNS = {"passed": "✓", "failed": "✗", "started": "…", "new": " "}


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """List the chapters and the exercises, and how far you are.

    \b
    Examples:
      course list
      course list --json
    """
    states = Progress().states()
    rows = [(one, _state(one, states.get(one.id, State())), states.get(one.id, State())) for one in load()]
    chapters = _chapters()
    if as_json:
        print_json({"chapters": chapters, "exercises": [_json(*row) for row in rows]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "exercise", "title", "minutes", "state", "tries", "hints"):
        table.add_column(name, justify="right" if name in {"minutes", "tries", "hints"} else "left")
    for one, state, known in rows:
        counts = [str(count or "") for count in (known.attempts, known.hints)]
        table.add_row(_SIGNS[state], one.id, one.title, str(one.minutes), state, *counts)
    console = out()
    for chapter in chapters:
        console.print(f"{chapter['id']}  {chapter['title']}", markup=False)
    if chapters:
        console.print()
    console.print(table)


def _state(exercise: Exercise, known: State) -> str:
    """passed, failed (tried and not passed), started (there is a copy), or new."""
    if known.passed:
        return "passed"
    if known.last == "fail":
        return "failed"
    return "started" if (work_folder() / exercise.id).is_dir() else "new"


def _json(exercise: Exercise, state: str, known: State) -> dict[str, Any]:
    return {
        "id": exercise.id,
        "chapter": exercise.chapter,
        "title": exercise.title,
        "state": state,
        "minutes": exercise.minutes,
        "attempts": known.attempts,
        "best": known.best,
        "hints": known.hints,
    }


def _chapters() -> list[dict[str, str]]:
    """The notebooks, in order, with the text of their first heading."""
    return [
        {"id": path.name[:2], "title": _heading(path), "notebook": path.name}
        for path in sorted((repository() / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    ]


def _heading(notebook: Path) -> str:
    for cell in json.loads(notebook.read_text(encoding="utf-8")).get("cells", []):
        for line in "".join(cell.get("source", "")).splitlines():
            if cell.get("cell_type") == "markdown" and line.startswith("# "):
                return line.removeprefix("# ").strip()
    return notebook.stem

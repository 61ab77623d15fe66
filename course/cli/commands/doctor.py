"""`course doctor`: what is there, what is missing, and the remedy."""

from __future__ import annotations

import click
from rich.markup import escape
from rich.table import Table

from course.cli.console import out, print_json
from course.doctor import Check, Diagnosis, diagnose


@click.command(
    epilog="""\b
    Examples:
      course doctor              a table
      course doctor --json       one JSON value, for programs and bug reports
    """
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of the table.")
def command(as_json: bool) -> int:
    """Look at everything that the course relies on, each with its remedy.

    Exit code 0 if all is there, 2 if something is missing. What is only good to have (marked with a dot)
    doesn't count.
    """
    diagnosis = diagnose()
    if as_json:
        print_json(diagnosis.to_json())
    else:
        _show(diagnosis)
    return 0 if diagnosis.ok else 2


def _show(diagnosis: Diagnosis) -> None:
    table = Table.grid(padding=(0, 1))
    for check in diagnosis.checks:
        table.add_row(_mark(check), check.id, escape(check.message))
        if check.hint:
            table.add_row("", "", f"[dim]→ {escape(check.hint)}[/]")
    console = out()
    console.print(table)
    console.print()
    console.print(
        "All that the course needs is there." if diagnosis.ok else "Something is missing; see the arrows."
    )


def _mark(check: Check) -> str:
    if check.ok:
        return "[green]✓[/]"
    return "[yellow]·[/]" if check.advisory else "[red]✗[/]"

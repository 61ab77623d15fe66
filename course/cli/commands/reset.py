"""`course reset`: remove what the course made, or give an exercise its starter files back."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict

import click
from rich.markup import escape

from course.cli.console import TerminalSteps, out, print_json
from course.engine.cleanup import Item, Removed, reset
from course.engine.connect import connect
from course.engine.find import find_engine
from course.engine.ledger import Ledger


@click.command(
    epilog="""\b
    Examples:
      course reset --dry-run             what would be removed
      course reset                       containers, networks, volumes and images that the course made
      course reset --all                 also the base images that it pulled, loaded or built
      course reset 03-first-dockerfile   the starter files of an exercise
    """
)
@click.argument("exercise", metavar="[EX]", required=False)
@click.option("--all", "everything", is_flag=True, help="Also the base images that the course brought.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
def command(exercise: str | None, everything: bool, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Remove exactly what the course made in the engine; with EX, restore an exercise's starter files.

    Other people's containers, images, networks and volumes stay. So does what of the course's they use;
    it is named, and the exit code is then 1.
    """
    if exercise is not None:
        if everything or dry_run:
            raise click.UsageError("--all and --dry-run go without an exercise.")
        return _reset_exercise(exercise, as_json)
    with contextlib.closing(connect(find_engine())) as client, contextlib.closing(Ledger()) as ledger:
        if _should_ask(yes or dry_run or as_json):
            plan = reset(client, ledger, everything=everything, dry_run=True)
            if not plan.items:
                out().print("There is nothing to remove.")
                return 0
            _print(plan)
            click.confirm("Remove this?", abort=True)
        done = reset(client, ledger, everything=everything, dry_run=dry_run, steps=TerminalSteps())
    if as_json:
        print_json(_as_json(done))
    else:
        _print(done)
    return 1 if done.kept else 0


def _reset_exercise(exercise: str, as_json: bool) -> int:
    from course.exercises import reset as restore

    folder = restore(exercise)
    if as_json:
        print_json({"exercise": exercise, "folder": str(folder)})
    else:
        out().print(f"The starter files are in {escape(str(folder))}. What was there is kept in work/.old.")
    return 0


def _should_ask(settled: bool) -> bool:
    return not settled and sys.stdin.isatty()


def _label(item: Item) -> str:
    return item.name or item.id.removeprefix("sha256:")[:12]


def _print(done: Removed) -> None:
    console = out()
    for item in done.items:
        verb = "would remove" if done.dry_run else "removed"
        console.print(f"{verb}  {item.kind:9}  {escape(_label(item))}")
    for kept in done.kept:
        console.print(
            f"[bold]kept[/]     {kept.item.kind:9}  {escape(_label(kept.item))}: {escape(kept.why)}"
        )
    if not done.items and not done.kept:
        console.print("There is nothing to remove.")


def _as_json(done: Removed) -> dict[str, object]:
    return {
        "dry_run": done.dry_run,
        "removed": [asdict(item) for item in done.items],
        "kept": [{**asdict(kept.item), "why": kept.why} for kept in done.kept],
    }

"""`make bank`: tries the checkers on the bank, or on mutations of the solutions.

Exit 0: every verdict is what it should be · 1: some are not · 2: it could not be tried · 130: interrupted.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from checkers.bank import tables, tally, trials
from checkers.bank.load import busy
from checkers.bank.pool import verdicts
from checkers.bank.tally import Outcome
from checkers.bank.trials import Trial
from checkers.interrupts import terminable
from course.engine.connect import connect
from course.errors import CourseError

_BANK = {"right": "right", "wrong": "wrong"}
_MUTATIONS = {"right": "right, as listed", "wrong": "wrong"}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--exercise", "exercises", multiple=True, metavar="EX", help="Only this one; may be repeated.")
@click.option("--only", metavar="WORDS", default="", help="Only what has these words in its name.")
@click.option("--workers", type=click.IntRange(1), help="Checks side by side (default: one for each CPU).")
@click.option(
    "--times", type=click.IntRange(1), default=1, help="So many runs; verdicts that change are told."
)
@click.option("--load", type=click.IntRange(0), default=0, help="Keep so many CPUs busy meanwhile.")
@click.option("--mutations", is_flag=True, help="Try mutations of the solutions, in place of the bank.")
@click.option(
    "--share", type=click.IntRange(1), default=1, metavar="N", help="Of the mutations a fixed 1 in N."
)
@click.option("--list", "only_list", is_flag=True, help="Name what would be tried, and try nothing.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write all verdicts into this file.")
def command(
    exercises: tuple[str, ...],
    only: str,
    workers: int | None,
    times: int,
    load: int,
    mutations: bool,
    share: int,
    only_list: bool,
    file: Path | None,
) -> int:
    """Try the checkers on right and wrong answers, whose verdicts are known beforehand.

    Exit code: 0 all verdicts are right, 1 some are not, 2 it could not be tried, 130 interrupted.

    \b
    Examples:
      make bank
      make bank ARGS="--exercise 03-signals --only pipe"
      make bank ARGS="--times 5 --load 2"
      make bank ARGS=--mutations
    """  # fmt: skip
    found = trials.of_mutations(exercises, share) if mutations else trials.of_the_bank(exercises)
    found = [trial for trial in found if only in trial.submission.name]
    if only_list:
        for trial in found:
            click.echo(f"{trial.submission.exercise}  {trial.expected}  {trial.submission.name}")
        return 0
    if not found:
        raise click.UsageError("Nothing is called so. --list shows what there is.")
    closing(connect()).__enter__().close()  # an engine that isn't there is said once, and not of each
    console, began, runs = Console(highlight=False), time.monotonic(), []
    with busy(load):
        for number in range(1, times + 1):
            title = ("mutations" if mutations else "bank") + (
                f", run {number} of {times}" if times > 1 else ""
            )
            runs.append(_run(console, found, workers or os.cpu_count() or 1, title))
    seconds = time.monotonic() - began
    code = _tell(console, runs, _MUTATIONS if mutations else _BANK, seconds)
    if file:
        file.write_text(json.dumps(_as_json(runs, seconds), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return code


def _run(console: Console, found: Sequence[Trial], workers: int, title: str) -> list[Outcome]:
    """One run over all, in the order of `found`."""
    by_submission = {id(trial.submission): trial for trial in found}
    outcomes: dict[int, Outcome] = {}
    with _progress(console, title, len(found)) as show:
        for submission, report in verdicts([trial.submission for trial in found], workers):
            outcome = by_submission[id(submission)].outcome(report)
            outcomes[id(submission)] = outcome
            show(outcome)
    return [outcomes[id(trial.submission)] for trial in found]


class _Show(Protocol):
    def __call__(self, outcome: Outcome) -> None: ...


@contextmanager
def _progress(console: Console, title: str, count: int) -> Iterator[_Show]:
    """Says what is done: a bar on a terminal, else a line for each tenth. Bad verdicts are named at once."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}", style="dim"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    done = 0
    with bar:
        task = bar.add_task(title, total=count, last="")

        def show(outcome: Outcome) -> None:
            nonlocal done
            done += 1
            name = f"{outcome.exercise} {outcome.name}"
            bar.update(task, advance=1, last=name)
            if outcome.problems:
                console.print(f"! {name}: {' '.join(outcome.problems)}", markup=False, soft_wrap=True)
            elif not console.is_terminal and done * 10 // count > (done - 1) * 10 // count:
                console.print(f"{title}: {done} of {count}")

        yield show


def _tell(console: Console, runs: Sequence[Sequence[Outcome]], sides: dict[str, str], seconds: float) -> int:
    """Prints the tables and what is amiss; returns the exit code."""
    last = runs[-1]
    console.print(tables.confusion(last, sides))
    console.print(tables.catches(last))
    for run in runs:
        console.print(tables.problems(run))
    changed = tally.changed(runs)
    bad = sum(bool(one.problems) for run in runs for one in run)
    runs_of = f"{len(runs)} runs of " if len(runs) > 1 else ""
    said = f"{bad} not as expected" if bad else "all as expected"
    if len(runs) > 1:
        console.print(tables.changes(changed))
        said += f"; {len(changed) or 'none'} changed between the runs"
    console.print(f"{runs_of}{len(last)} verdicts in {seconds:.0f} s: {said}.", soft_wrap=True)
    return 1 if bad or changed else 0


def _as_json(runs: Sequence[Sequence[Outcome]], seconds: float) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 1),
        "confusion": tally.confusion(runs[-1]),
        "caught": tally.caught(runs[-1]),
        "runs": [[one.to_json() for one in run] for run in runs],
        "changed": [
            {"exercise": exercise, "name": name, "verdicts": found}
            for (exercise, name), found in tally.changed(runs).items()
        ],
    }


def main() -> int:
    try:
        with terminable():
            return int(command.main(prog_name="make bank ARGS=…", standalone_mode=False) or 0)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("Interrupted; what the checks had made is removed.", err=True)
        return 130
    except click.ClickException as error:
        error.show()
    except CourseError as error:
        click.echo(f"{error}\n{error.hint}".strip(), err=True)
    return 2


if __name__ == "__main__":
    sys.exit(main())

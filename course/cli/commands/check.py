"""`course check EX`: the verdict. Exit 0 pass, 1 fail, 2 error, 130 interrupted."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from checkers import Report, Status, render
from checkers import check as check_exercise
from checkers.watch import Round, Watch
from course import attempts
from course.cli.console import TerminalSteps, err, out, print_json, show_error, write
from course.errors import InputError
from course.exercises import find, load, work_folder, working_copy

_CODES = {Status.PASS: 0, Status.FAIL: 1, Status.ERROR: 2, Status.SKIP: 2}


@click.command(name="check")
@click.argument("exercise", required=False)
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), help="Check this folder, not work/EXERCISE."
)
@click.option("--all", "every", is_flag=True, help="Check every exercise that was started.")
@click.option("--watch", is_flag=True, help="Check again after each save, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value: the report, or a list of them.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML there, too.")
def command(
    exercise: str | None, folder: Path | None, every: bool, watch: bool, as_json: bool, junit: Path | None
) -> int:
    """Check an exercise by what your answer does: it is built, run and probed on the engine.

    Exit code: 0 passed, 1 not yet, 2 it could not be checked, 130 ended by Ctrl-C.

    With --watch, what a save leaves as it was isn't looked at again: the engine's build cache serves, and a
    check is repeated only if the image, or a file, that it looked at has changed.

    \b
    Examples:
      course check 03-first-dockerfile
      course check 03-first-dockerfile --watch
      course check --all --json
      course check --all --junit report.xml
    """  # fmt: skip
    if every == bool(exercise):
        raise click.UsageError("Name one exercise, or say --all.")
    if every and (folder or watch):
        raise click.UsageError("--all goes with --json and --junit alone.")
    if watch and (as_json or junit):  # one report after another is no single value
        raise click.UsageError("--watch goes with neither --json nor --junit.")
    try:
        if watch:
            _watch(exercise or "", folder)
        return _once(exercise, folder, as_json, junit)
    except KeyboardInterrupt:
        err().print("Interrupted; what the check had made is removed.")
        return 130


def _once(exercise: str | None, folder: Path | None, as_json: bool, junit: Path | None) -> int:
    """Checks that exercise, or each that was started."""
    _need(folder)
    if junit is not None and not junit.parent.is_dir():
        raise InputError(f"There is no folder {junit.parent}.", hint="Check the path after --junit.")
    reports: list[Report] = []

    def tell(report: Report) -> None:
        reports.append(report)
        if not as_json:
            _print(report)
            if exercise and report.status is Status.FAIL:
                out().print(f"A hint: course hint {exercise}", style="dim")
        elif exercise:
            print_json(report.to_json())
        if folder is None:  # somebody else's folder is not the learner's progress
            _record(report)

    for name in [exercise] if exercise else _started():
        check_exercise(name, folder, steps=TerminalSteps(), on_verdict=tell)
    if as_json and not exercise:
        print_json([report.to_json() for report in reports])
    if junit is not None:
        write(junit, render.junit(reports), "--junit")
    return max(_CODES[report.status] for report in reports)


def _need(folder: Path | None) -> None:
    if folder is not None and not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", hint="Check the path after --dir.")


def _started() -> list[str]:
    started = [one.id for one in load() if (work_folder() / one.id).is_dir()]
    if not started:
        raise InputError("No exercise was started yet.", hint="Run: course list")
    return started


def _record(report: Report) -> None:
    if without_files := attempts.keep(report.to_json()):
        show_error(without_files)


def _print(report: Report) -> None:
    out().print(render.rich(report), soft_wrap=False)  # it wraps, with an indent


def _watch(exercise: str, folder: Path | None) -> None:
    """Checks until Ctrl-C."""
    _need(folder)
    place = folder or working_copy(find(exercise).id)

    def tell(found: Round) -> None:
        _print(found.report)
        for title in found.passed:
            out().print(f"[green]✓ now passes:[/] {escape(title)}")
        for title in found.lost:
            out().print(f"[red]✗ passed before:[/] {escape(title)}")
        if found.text():
            out().print(found.text(), style="dim", markup=False)
        if folder is None:
            _record(found.report)

    Watch(
        exercise,
        place,
        steps=TerminalSteps(),
        on_round=tell,
        on_error=show_error,
        on_rest=lambda: err().print("Waiting for a change; Ctrl-C ends.", style="dim"),
    ).forever()

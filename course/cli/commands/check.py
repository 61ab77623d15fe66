"""`course check EX`: the verdict. Exit 0 pass, 1 fail, 2 error, 130 interrupted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import click

from checkers import Report, Status, render
from checkers import check as check_exercise
from course.cli.console import TerminalSteps, err, out, print_json, show_error
from course.errors import CourseError, InputError
from course.exercises import find, load, work_folder, working_copy
from course.progress import Progress

_CODES = {Status.PASS: 0, Status.FAIL: 1, Status.ERROR: 2, Status.SKIP: 2}
_POLL = 0.4  # seconds between two looks at the files
_QUIET = 0.6  # an editor may write several files; a check starts when they rest this long


@click.command(name="check")
@click.argument("exercise", required=False)
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), help="Check this folder, not work/EXERCISE."
)
@click.option("--all", "every", is_flag=True, help="Check every exercise that was started.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value: the report, or a list of them.")
def command(exercise: str | None, folder: Path | None, every: bool, watch: bool, as_json: bool) -> int:
    """Check an exercise by what your answer does: it is built, run and probed on the engine.

    Exit code: 0 passed, 1 not yet, 2 it could not be checked.

    \b
    Examples:
      course check 03-first-dockerfile
      course check 03-first-dockerfile --watch
      course check --all --json
    """  # fmt: skip
    if every == bool(exercise):
        raise click.UsageError("Name one exercise, or say --all.")
    if every and (folder or watch):
        raise click.UsageError("--all goes with --json alone.")
    try:
        if every:
            return _all(as_json)
        assert exercise is not None  # noqa: S101  --all was the other case
        if watch:
            return _watch(exercise, folder, as_json)
        return _one(exercise, folder, as_json)
    except KeyboardInterrupt:
        err().print("Interrupted; what the check had made is removed.")
        return 130


def _one(exercise: str, folder: Path | None, as_json: bool) -> int:
    report = _check(exercise, folder)
    if as_json:
        print_json(report.to_json())
    else:
        out().print(render.rich(report), soft_wrap=False)  # it wraps, with an indent
        if report.status is Status.FAIL:
            out().print(f"A hint: course hint {exercise}", style="dim")
    return _CODES[report.status]


def _check(exercise: str, folder: Path | None) -> Report:
    if folder is not None and not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", hint="Check the path after --dir.")
    report = check_exercise(exercise, folder, steps=TerminalSteps())
    if folder is None:  # somebody else's folder is not the learner's progress
        Progress().record(report.to_json())
    return report


def _all(as_json: bool) -> int:
    started = [one.id for one in load() if (work_folder() / one.id).is_dir()]
    if not started:
        raise InputError("No exercise was started yet.", hint="Run: course list")
    reports = []
    for name in started:
        reports.append(_check(name, None))
        if not as_json:
            out().print(render.rich(reports[-1]), soft_wrap=False)
    if as_json:
        print_json([report.to_json() for report in reports])
    return max(_CODES[report.status] for report in reports)


def _watch(exercise: str, folder: Path | None, as_json: bool) -> int:
    """Checks until Ctrl-C; with `as_json`, a report a line would not be one value, so that is refused."""
    if as_json:
        raise click.UsageError("--watch and --json don't go together.")
    place = folder or working_copy(find(exercise).id)
    for _ in _changes(place):
        try:
            _one(exercise, folder, False)
        except CourseError as error:
            show_error(error)
        err().print("Waiting for a change; Ctrl-C ends.", style="dim")
    return 0  # never reached: only Ctrl-C ends the loop


def _changes(folder: Path) -> Iterator[None]:
    """Once at the start, then each time the files have changed and come to rest."""
    seen = _stamp(folder)
    yield
    while True:
        time.sleep(_POLL)
        now = _stamp(folder)
        if now != seen:
            time.sleep(_QUIET)
            if _stamp(folder) == now:
                seen = now
                yield


def _stamp(folder: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # it can vanish between the listing and the look
            status = path.lstat()
            found[str(path)] = (status.st_mtime_ns, status.st_size)
    return found

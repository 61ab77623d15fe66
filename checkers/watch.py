"""Checks a folder, and again after each save. A save while a check runs ends it, and another one begins."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import docker

from checkers.interrupts import Stop, Stopped, uninterrupted
from checkers.result import Report, Status
from checkers.reuse import Memory
from checkers.runner import check
from checkers.saves import Saves, Stamps, changed, stamps
from course.engine.connect import connect
from course.errors import CourseError, EngineError
from course.steps import SILENT, Steps

# Checks in a row that saves may end. Something that writes into the folder all the time must not keep the
# verdict away for ever.
_PATIENCE = 3


@dataclass(frozen=True)
class Round:
    """One verdict, and how it compares with the one before."""

    report: Report
    changed: tuple[str, ...] | None = None  # the paths saved since then; None for the first
    reused: int = 0  # checks whose verdict was taken over
    passed: tuple[str, ...] = ()  # the titles of those that pass now, and did not
    lost: tuple[str, ...] = ()  # of those that don't any more

    @property
    def looked(self) -> int:
        """How many checks were looked at again."""
        seen = [check for check in self.report.checks if check.status is not Status.SKIP]
        return len(seen) - self.reused

    def text(self) -> str:
        """What changed and what was done about it, in a line; "" for the first."""
        if self.changed is None:
            return ""
        names = ", ".join(self.changed[:3]) + (
            f" and {len(self.changed) - 3} more" if self.changed[3:] else ""
        )
        return (
            f"{f'{names} changed' if names else 'Saved'}; {_counted(self.reused)} reused, "
            f"{self.looked} looked at again."
        )


class Watch:
    """`forever` is the loop. What it sees goes to the functions that it is given, in the caller's thread."""

    def __init__(
        self,
        exercise_id: str,
        folder: Path,
        *,
        steps: Steps = SILENT,
        on_round: Callable[[Round], None],
        on_error: Callable[[CourseError], None],
        on_rest: Callable[[], None],
    ) -> None:
        """`on_rest` hears that all is done, until a save."""
        self._exercise, self._folder = exercise_id, folder
        self._client: docker.DockerClient | None = None
        self._steps = steps
        self._on_round, self._on_error, self._on_rest = on_round, on_error, on_rest
        self._memory = Memory()
        self._saved, self._stop, self._ended = threading.Event(), Stop(), 0
        self._last: Report | None = None
        self._seen: Stamps | None = None  # the files that the last verdict is about

    def forever(self) -> NoReturn:
        """Checks until a KeyboardInterrupt, which leaves nothing behind."""
        with contextlib.closing(self), Saves(self._folder, self._save):
            while True:
                self._saved.clear()
                self._stop = Stop()
                try:
                    self._check(stamps(self._folder))
                except Stopped:
                    if not self._saved.is_set():  # a Ctrl-C, met by the check's own way of ending
                        raise
                    self._ended += 1
                    continue
                except CourseError as error:
                    self._on_error(error)
                self._ended = 0
                if not self._saved.is_set():
                    self._on_rest()
                self._saved.wait()

    def close(self) -> None:
        """Leaves nothing in the engine."""
        with uninterrupted():
            self._memory.close()
            if self._client:
                self._client.close()

    def _check(self, files: Stamps) -> None:
        if not self._client:
            with contextlib.suppress(EngineError):  # the check meets it, too, and reports it
                self._client = connect()
        if not self._saved.is_set():  # else it came before the new Stop was there to be told
            check(
                self._exercise,
                self._folder,
                client=self._client,
                steps=self._steps,
                on_verdict=lambda report: self._tell(report, files),
                memory=self._memory,
                stop=self._stop,
            )

    def _save(self) -> None:
        self._saved.set()
        if self._ended < _PATIENCE:
            self._stop.now()

    def _tell(self, report: Report, files: Stamps) -> None:
        before = {check.id: check.status for check in self._last.checks} if self._last else {}
        now = [(check, before[check.id]) for check in report.checks if check.id in before]
        names = None if self._seen is None else changed(self._seen, files)
        self._last, self._seen = report, files
        self._on_round(
            Round(
                report,
                names,
                sum(check.id in self._memory.reused for check in report.checks),
                tuple(one.title for one, was in now if one.status is Status.PASS and was is not Status.PASS),
                tuple(one.title for one, was in now if was is Status.PASS and one.status is not Status.PASS),
            )
        )


def _counted(number: int) -> str:
    return f"{number} check{'' if number == 1 else 's'}"

"""Several checks side by side, a process each: attempts are independent, and threads would share one CPU.

Ctrl-C is the parent's to handle. It ends its workers with SIGTERM, and a check that gets it cleans up.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from types import FrameType

from checkers.bank.submission import Submission, attempt, broken
from checkers.interrupts import uninterrupted
from checkers.result import Report
from course.engine.connect import connect

# Not fork: a progress display has threads, and a forked child has half of them.
_CONTEXT: SpawnContext = multiprocessing.get_context("spawn")
_FAREWELL = 60.0  # seconds that a worker has to clean up


@dataclass
class _Worker:
    process: SpawnProcess
    line: Connection
    work: Submission | None = None


def verdicts(
    submissions: Iterable[Submission],
    workers: int,
    on_start: Callable[[Submission], None] = lambda submission: None,
) -> Iterator[tuple[Submission, Report]]:
    """The report on each submission, in the order in which they are done.

    A worker that dies is a report that ends in error, and another takes its place. However this ends, the
    workers end with it.
    """
    left = deque(submissions)
    crew = [_hired() for _ in range(min(workers, len(left)))]
    try:
        for worker in crew:
            _give(worker, left, on_start)
        while busy := {worker.line: worker for worker in crew if worker.work}:
            for line in wait(list(busy)):
                worker = busy[line]  # type: ignore[index]  # what was waited for comes back
                work = worker.work
                assert work is not None  # noqa: S101  the busy ones have some
                try:
                    report = worker.line.recv()
                except EOFError:
                    worker.process.join(_FAREWELL)
                    report = broken(work, f"The process that checked it died ({worker.process.exitcode}).")
                    crew[crew.index(worker)] = worker = _hired()
                _give(worker, left, on_start)
                yield work, report
    finally:
        with uninterrupted():
            _dismiss(crew)


def _give(worker: _Worker, left: deque[Submission], on_start: Callable[[Submission], None]) -> None:
    worker.work = left.popleft() if left else None
    if worker.work:
        on_start(worker.work)
        worker.line.send(worker.work)


def _hired() -> _Worker:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_work, args=(theirs,), name="bank worker")
    process.start()
    theirs.close()  # so that the line ends when the worker does
    return _Worker(process, ours)


def _dismiss(crew: list[_Worker]) -> None:
    for worker in crew:
        worker.process.terminate()
    for worker in crew:
        worker.process.join(_FAREWELL)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.line.close()


def _work(line: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent decides
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.suppress(KeyboardInterrupt, EOFError), contextlib.closing(connect()) as client:
        while True:
            line.send(attempt(line.recv(), client))


def _leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

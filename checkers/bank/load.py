"""Work for the CPUs that is nobody's: what a check must bear without changing its mind."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keeps so many CPUs busy while what is inside goes on. They end with it, and with their parent."""
    context = multiprocessing.get_context("spawn")
    crew = [context.Process(target=_burn, name="load", daemon=True) for _ in range(processes)]
    try:
        for process in crew:
            process.start()
        yield
    finally:
        for process in crew:
            if process.pid:
                process.kill()
                process.join()


def _burn() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    while parent is not None and parent.is_alive():
        sum(number * number for number in range(1_000_000))

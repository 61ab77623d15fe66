"""Keeps the build cache of the course's own engine small while the tests run.

Each verdict builds with words that nobody used before, so that what it leaves in the cache serves nobody
again. With some thousands of such records the engine takes three times as long to remove a container (its
store looks through all of them each time). An engine that is the user's keeps its cache.

Never beside a test: a step that another worker's check counts on may have been unused for long, since a step
whose result nobody had to load doesn't count as used. So a test that uses the engine holds a lock that it
shares with the others, and who prunes waits until nobody holds it: through most tests, not a whole lesson.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from docker.errors import DockerException

from course.engine.connect import connect
from course.engine.find import embedded_address

try:
    import fcntl
except ImportError:  # Windows: the course's own engine doesn't run there
    fcntl = None  # type: ignore[assignment]

_OURS = "COURSE_TEST_OWN_ENGINE"
_EVERY = 240.0  # seconds between two prunes: the other tests wait meanwhile
_UNUSED = "4m"
_PATIENCE = 10.0  # that who prunes waits for the others' tests; most take less
_AGAIN = 60.0  # until somebody tries once more


def note_engine() -> bool:
    """Whether the engine that the environment names is the course's own."""
    return fcntl is not None and os.environ.get("DOCKER_HOST") == embedded_address().url


def share_locks(folder: Path) -> None:
    """Tells the workers, by the environment, where this run's locks are. Without it nothing is pruned."""
    os.environ[_OURS] = str(folder)
    _stamp().touch()


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """While a test uses the engine."""
    with contextlib.ExitStack() as held:
        with _locked("door", shared=False):
            held.enter_context(_locked("cache", shared=True))
        yield


def prune_if_due() -> None:
    """Prunes what has long been unused, some minutes after the last time. An engine that can't is left be."""
    if not _due():
        return
    # The door is kept shut: else others would go in and out, and there would always be somebody.
    with _locked("door", shared=False), _left_by_others() as empty:
        if not _due():  # somebody was faster
            return
        if empty:
            with contextlib.suppress(DockerException, OSError), contextlib.closing(connect()) as client:
                client.api.prune_builds(filters={"until": _UNUSED}, all=True)
        last = time.time() if empty else time.time() - _EVERY + _AGAIN
        os.utime(_stamp(), (last, last))


def _due() -> bool:
    return bool(os.environ.get(_OURS)) and time.time() - _stamp().stat().st_mtime > _EVERY


def _stamp() -> Path:
    return Path(os.environ[_OURS]) / "pruned"


@contextlib.contextmanager
def _locked(name: str, *, shared: bool) -> Iterator[None]:
    folder = os.environ.get(_OURS)
    if not folder:
        yield
        return
    with (Path(folder) / f"{name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield  # closing the file lets it go


@contextlib.contextmanager
def _left_by_others() -> Iterator[bool]:
    """Whether no test uses the engine, from now or soon on and as long as this holds."""
    with (Path(os.environ[_OURS]) / "cache.lock").open("a") as file:
        deadline = time.monotonic() + _PATIENCE
        while not (empty := _lock_now(file)) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield empty


def _lock_now(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""Keeps the build cache of the course's own engine small while the tests run.

Each verdict builds with words that nobody used before, so that what it leaves in the cache serves nobody
again. With some thousands of such records the engine takes three times as long to remove a container (its
store looks through all of them each time). An engine that is the user's keeps its cache.
"""

from __future__ import annotations

import contextlib
import os
import time

from docker.errors import DockerException

from course.engine.connect import connect
from course.engine.find import embedded_address

_OURS = "COURSE_TEST_OWN_ENGINE"
_EVERY = 60.0  # seconds between two looks of one process
_UNUSED = "5m"  # longer than any test goes on using what it built


def note_engine() -> None:
    """Tells the workers, by the environment, whether the engine of this run is the course's own."""
    if os.environ.get("DOCKER_HOST") == embedded_address().url:
        os.environ[_OURS] = "1"


class Pruner:
    """After a test that used the engine, and not too often, what has long been unused goes."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def after_test(self) -> None:
        """Prunes, where it is time and the engine is the course's own. An engine that can't is left alone."""
        if os.environ.get(_OURS) != "1" or time.monotonic() - self._last < _EVERY:
            return
        with contextlib.suppress(DockerException, OSError), contextlib.closing(connect()) as client:
            client.api.prune_builds(filters={"until": _UNUSED}, all=True)
        self._last = time.monotonic()

"""What every test may ask for. Where no engine answers, engine tests skip with the reason (CI=true: fail)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import hypothesis
import pytest

from course import images
from course.engine.connect import connect
from course.engine.embedded import cli_environment
from course.errors import CourseError, EngineError
from course.paths import paths
from tests import bank_part, build_cache, bystanders
from tests.bystanders import Bystanders

# A machine that is busy with something else makes no property false.
hypothesis.settings.register_profile(
    "course", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("course")


def _why_not() -> str | None:
    """Why engine tests can't run here: no engine, or one without the base images. None: they can."""
    try:
        with contextlib.closing(connect()) as client:
            missing = [image.name for image in images.status(client) if not image.present]
    except EngineError as error:
        return f"{error} {error.hint}"
    if missing:
        return f"The engine lacks {len(missing)} base images, such as {missing[0]}. Run: course prepare --all"
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanting = [item for item in items if item.get_closest_marker("engine")]
    if not wanting:
        return
    reason = _why_not()
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"With CI=true the engine tests must run, and can't: {reason}")
    for item in wanting:
        item.add_marker(pytest.mark.skip(reason=reason))


_HOME = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Finds the engine once, and gives the run a home of its own, so that no learner's record is touched.

    The workers of xdist and the programs that tests start inherit both.
    """
    # A shell's background job ignores SIGINT, and so would every program that a test starts, and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A run that is told to end (a time limit, a cancelled job) clears up as an interrupted one does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if os.environ.get("COURSE_TEST_RUN"):
        return
    bank_part.choose()
    os.environ.setdefault("COURSE_TEST_CACHE", str(paths().cache))
    with contextlib.suppress(CourseError):
        os.environ.update(cli_environment())
    own_engine = build_cache.note_engine()
    home = tempfile.mkdtemp(prefix="course-tests-", dir=_short_tmp())
    _live_in(config, home)
    if own_engine:
        build_cache.share_locks(Path(home))
    os.environ["COURSE_TEST_RUN"] = "1"


def _live_in(config: pytest.Config, home: str) -> None:
    config.stash[_HOME] = os.environ["COURSE_HOME"] = home
    # Also what programs put among the temporary files: tests kill some of them, and `course` has its sockets
    # there when a home's path is long. pytest's own folders stay where everybody looks for them.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    os.environ["TMPDIR"] = tempfile.tempdir = f"{home}/tmp"
    Path(tempfile.tempdir).mkdir()


def _short_tmp() -> str | None:
    # macOS has its temporary files at a path so long that a socket some folders below it can't be opened.
    return None if len(tempfile.gettempdir()) < 30 else "/tmp"


def pytest_report_header() -> str:
    return bank_part.said()


def pytest_unconfigure(config: pytest.Config) -> None:
    if home := config.stash.get(_HOME, None):
        shutil.rmtree(home, ignore_errors=True)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outside of pytest-timeout's: waiting is no part of a test
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    if not item.get_closest_marker("engine"):
        return (yield)
    with build_cache.in_use():
        result = yield
    build_cache.prune_if_due()
    return result


_BYSTANDERS = pytest.StashKey[Bystanders | None]()


def pytest_sessionstart(session: pytest.Session) -> None:
    # Once a run: in the process that the user started, not in xdist's workers, and not merely to list tests.
    if not hasattr(session.config, "workerinput") and not session.config.option.collectonly:
        session.config.stash[_BYSTANDERS] = bystanders.made()


def pytest_sessionfinish(session: pytest.Session) -> None:
    made = session.config.stash.get(_BYSTANDERS, None)
    lost = bystanders.verdict(made) if made else []
    if lost:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\nBystanders were harmed: " + "; ".join(lost))


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    """A docker-py client of the engine that the course would use."""
    connected = connect()
    yield connected
    connected.close()

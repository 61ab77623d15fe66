"""What engine tests share: unpacked engines and machines to run them in, and a learner's own home."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import docker
import pytest

from course.build.buildx import host_of
from course.engine.embedded import packages
from course.errors import PackageError
from course.paths import paths
from tests.engine.sandbox import Sandbox, sandbox

MachineMaker = Callable[..., Sandbox]
UnpackedGetter = Callable[[str], packages.Unpacked]


@pytest.fixture(scope="session")
def engine_cache() -> Path:
    """Where all tests share unpacked engines, and keep them: COURSE_TEST_CACHE, else the course's cache."""
    return Path(os.environ.get("COURSE_TEST_CACHE") or paths().cache)


@pytest.fixture
def fetched(engine_cache: Path, monkeypatch: pytest.MonkeyPatch) -> UnpackedGetter:
    """Gives a suite's engine, fetched if need be. Raises PackageError."""

    def get(suite: str) -> packages.Unpacked:
        with monkeypatch.context() as patch:
            patch.setenv("COURSE_ENGINE_SUITE", suite)
            patch.setattr(packages, "_folder", lambda: engine_cache / "engine")
            return packages.ensure("engine")

    return get


@pytest.fixture
def unpacked(fetched: UnpackedGetter) -> UnpackedGetter:
    """Gives a suite's engine. Skips where no mirror has it (CI=true: fails)."""

    def get(suite: str) -> packages.Unpacked:
        try:
            return fetched(suite)
        except PackageError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"no packages of {suite}: {error}")

    return get


@pytest.fixture
def theirs(fetched: UnpackedGetter, unpacked: UnpackedGetter) -> packages.Unpacked:
    """Somebody's engine, older than the course's own: Debian 12's 20.10, or where that lacks a library (it
    wants Debian 12's libdevmapper) Debian 13's 26.1."""
    try:
        return fetched("bookworm")
    except PackageError:
        return unpacked("trixie")


@pytest.fixture
def disk_maker() -> None:
    """The course would install it; a machine of these tests has no way to the mirror."""
    if not shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin"):
        pytest.skip("needs mkfs.ext4. Run: apt-get install e2fsprogs")


@pytest.fixture
def machine(engine_cache: Path, unpacked: Callable[[str], packages.Unpacked]) -> Iterator[MachineMaker]:
    """Makes a machine with a suite's engine at hand: `machine("unstable")`. It ends with the test."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("needs root on Linux: namespaces of its own")
    with ExitStack() as stack:

        def make(suite: str, **options: str) -> Sandbox:
            unpacked(suite)
            # Not below tmp_path: a long path would have `course` put its sockets elsewhere.
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="machine-")))
            return stack.enter_context(sandbox(home, engine_cache, COURSE_ENGINE_SUITE=suite, **options))

        yield make


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: docker.DockerClient) -> Path:
    """A learner's own home and work folder, on the engine that the other tests use."""
    host = host_of(client)
    assert host is not None
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    return tmp_path


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Things that end with the test."""
    with ExitStack() as things:
        yield things

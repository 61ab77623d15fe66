"""What every test may ask for. Engine tests skip, with the reason, where no engine answers (CI=true: fail)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import docker
import pytest

from course.engine.connect import connect
from course.errors import EngineError


def _no_engine() -> str | None:
    try:
        connect().close()
    except EngineError as error:
        return f"{error} {error.hint}"
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanting = [item for item in items if item.get_closest_marker("engine")]
    if not wanting:
        return
    reason = _no_engine()
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"CI=true needs a Docker Engine: {reason}")
    for item in wanting:
        item.add_marker(pytest.mark.skip(reason=f"no Docker Engine: {reason}"))


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    """A docker-py client of the engine that the course would use."""
    connected = connect()
    yield connected
    connected.close()

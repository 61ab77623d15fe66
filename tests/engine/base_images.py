"""Base images for tests: there, or the test is skipped with the reason. And containers that go away again."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import docker
import pytest
from docker.errors import ContainerError
from docker.models.containers import Container

from course import images
from course.engine.find import find_engine
from course.engine.labels import made
from course.errors import ImageError


def need(client: docker.DockerClient, *names: str) -> None:
    """Brings these base images, stand-ins where they are allowed; else skips (CI=true: fails)."""
    allowed = find_engine().origin == "embedded" or images.stand_ins_asked()
    try:
        images.ensure(client, names, allow_stand_ins=allowed)
    except ImageError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{error} {error.hint}")


@contextmanager
def running(client: docker.DockerClient, image: str, *command: str, **options: Any) -> Iterator[Container]:
    """A container under way, removed with its volumes at the end."""
    name = f"course-test-{uuid.uuid4().hex[:12]}"
    container = client.containers.create(
        image, list(command) or None, name=name, labels=made("container"), **options
    )
    try:
        container.start()
        yield container
    finally:
        container.remove(force=True, v=True)


def out(client: docker.DockerClient, image: str, *command: str, **options: Any) -> str:
    """What a command in a fresh container prints. Raises ContainerError if it fails."""
    with running(client, image, *command, **options) as container:
        code = container.wait()["StatusCode"]
        said = logs(container).strip()
        if code:
            raise ContainerError(container, code, list(command), image, said)
        return said


def shell(container: Container, script: str, *, user: str = "") -> tuple[int, str]:
    """Exit code and output of a shell script in a running container."""
    code, said = container.exec_run(["sh", "-c", script], user=user)
    return int(code), said.decode(errors="replace").strip()


def until(true: Callable[[], object], what: str, *, seconds: float = 60.0) -> None:
    """Polls until `true()` is; fails with `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


def logs(container: Container) -> str:
    """All that a container has printed."""
    return str(container.logs().decode(errors="replace"))

"""Base images for tests: there, or the test is skipped with the reason. And containers that go away again."""

from __future__ import annotations

import io
import os
import tarfile
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

SLIM, FULL, BUSYBOX, PYTHON = "debian:trixie-slim", "debian:trixie", "busybox:1.37", "python:3.13-slim"
ALPINE, NODE_ALPINE, NODE_SLIM = "alpine:3.22", "node:20-alpine", "node:20-slim"
STATIC, BASE = (f"gcr.io/distroless/{name}-debian13:nonroot" for name in ("static", "base"))
NGINX, POSTGRES, REDIS, REGISTRY = "nginx:1.26", "postgres:17", "redis:8", "registry:2"


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


def file_from(client: docker.DockerClient, image: str, path: str) -> bytes:
    """A file of an image, without running it."""
    container = client.containers.create(image, ["none"], labels=made("container"))
    try:
        chunks, _ = container.get_archive(path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
            member = tar.next()
            assert member is not None
            found = tar.extractfile(member)
            assert found is not None
            return found.read()
    finally:
        container.remove()


def put(container: Container, folder: str, name: str, body: bytes, mode: int = 0o644) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(body), mode
        tar.addfile(info, io.BytesIO(body))
    container.put_archive(folder, buffer.getvalue())

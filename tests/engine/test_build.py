"""Builds on a real engine. The base is `scratch` with a static shell, so that nothing need be pulled."""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from course.build import build
from course.engine.labels import made_image
from course.engine.listing import list_images
from course.errors import BuildTimeout, StepFailed
from course.steps import SILENT
from course.trace import Build

pytestmark = pytest.mark.engine

DOCKERFILE = """\
FROM busybox:1.37 AS base
FROM base AS one
RUN sleep 1; echo one > /one
FROM base
RUN sleep 1; echo two > /two
COPY --from=one /one /one
COPY message /message
"""


@pytest.fixture
def tag(client: docker.DockerClient) -> Iterator[str]:
    name = f"course-test-{uuid.uuid4().hex[:12]}:1"
    yield name
    if list_images(client.api, name):
        client.images.remove(name)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.replace("sleep 1;", f"sleep 1; : {uuid.uuid4()};"))
    (tmp_path / "message").write_text("hello\n")
    return tmp_path


def run(client: docker.DockerClient, context: Path, tag: str, **more: object) -> Build:
    return build(client, context, tag=tag, labels=made_image(tag), network="none", **more)  # type: ignore[arg-type]


def named(build: Build) -> dict[str, bool]:
    return {vertex.name: vertex.cached for vertex in build.vertices if vertex.step}


def test_stages_run_side_by_side_and_a_second_build_is_cached(
    client: docker.DockerClient, context: Path, tag: str
) -> None:
    seen: list[int] = []
    first = run(client, context, tag, on_update=lambda update: seen.append(len(update.vertices)))
    assert seen == sorted(seen)
    assert len(seen) > 3
    assert first.work_seconds > 2.0
    assert first.critical_path_seconds < first.work_seconds - 0.5  # two stages of a second each overlapped
    assert {vertex.line for vertex in first.vertices if vertex.step} == {1, 3, 5, 6, 7}
    image = client.images.get(tag)
    assert image.labels.items() >= made_image(tag).items()

    (context / "message").write_text("changed\n")
    second = run(client, context, tag)
    cached = {name.split("] ")[1].split()[0] + name.split()[-1]: hit for name, hit in named(second).items()}
    assert cached["COPY/message"] is False
    assert cached["COPY/one"] is True


def test_a_failing_step_names_its_line_and_shows_its_log(
    client: docker.DockerClient, context: Path, tag: str
) -> None:
    (context / "Dockerfile").write_text("FROM busybox:1.37\n\nRUN echo the reason && exit 42\n")
    with pytest.raises(StepFailed) as caught:
        run(client, context, tag)
    assert (caught.value.line, caught.value.exit_code) == (3, 42)
    assert "the reason" in caught.value.detail


def test_a_deadline_cancels_the_build_in_the_engine(
    client: docker.DockerClient, context: Path, tag: str
) -> None:
    mark = f"47.{uuid.uuid4().int % 10**9}"
    (context / "Dockerfile").write_text(f"FROM busybox:1.37\nRUN sleep {mark}\n")
    began = time.monotonic()
    with pytest.raises(BuildTimeout):
        run(client, context, tag, timeout=2.0)
    assert time.monotonic() - began < 10
    if not Path("/proc/self").exists() or shutil.which("ps") is None:
        return  # the engine runs elsewhere: its processes cannot be seen from here
    deadline = time.monotonic() + 15
    while _running(mark) and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    assert not _running(mark)


def _running(mark: str) -> bool:
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in status.read_bytes():
                return True
        except OSError:
            continue
    return False


class Notes:
    """Steps whose notes are kept."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.step = SILENT.step

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.mark.parametrize(("copied", "told"), [(".", True), ("message", False)])
def test_a_hidden_dockerfile_that_is_copied_nevertheless_is_told(
    client: docker.DockerClient, context: Path, tag: str, copied: str, told: bool
) -> None:
    (context / "Dockerfile").write_text(f"FROM scratch\nCOPY {copied} /\n")
    (context / ".dockerignore").write_text("Dockerfile\n")
    steps = Notes()
    # With limits the docker CLI isn't asked, as if there were none.
    run(client, context, tag, steps=steps, ulimits=[{"Name": "nofile", "Soft": 99, "Hard": 99}])
    assert any("names Dockerfile, but it is copied into the image" in note for note in steps.notes) is told

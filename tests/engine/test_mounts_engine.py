"""The volume map, and the graph and the start of a Compose project, on the real engine."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.types import Mount as Wanted

from course import plots
from course.compose import read_project, read_startup
from course.engine.embedded import cli_environment
from course.engine.find import find_engine
from course.mounts import mounts_of

pytestmark = pytest.mark.engine
IMAGE = "busybox:1.37"
FILE = """
services:
  db:
    image: busybox:1.37
    command: ["sh", "-c", "sleep 1; touch /ok; sleep 600"]
    init: true
    healthcheck: {test: "test -e /ok", interval: 300ms, retries: 100}
    volumes: ["data:/data"]
  web:
    image: busybox:1.37
    command: ["sh", "-c", "mkdir /www; echo ok > /www/index.html; exec httpd -f -h /www"]
    init: true
    depends_on: {db: {condition: service_healthy}}
  visitor:
    image: busybox:1.37
    command: ["sh", "-c", "until wget -q -O - http://web; do sleep 0.1; done"]
volumes: {data: {}}
"""


def test_owners_are_those_that_a_process_inside_sees(client: docker.DockerClient) -> None:
    volume = f"mounts-{uuid.uuid4().hex[:8]}"
    mounts = [Wanted("/data", volume), Wanted("/scratch", None, type="tmpfs"), Wanted("/nameless", None)]
    label = {"org.docker-notebook-course.test": "mounts"}
    one = client.containers.run(
        IMAGE, ["sleep", "600"], user="1234", mounts=mounts, labels=label, init=True, detach=True
    )
    two = client.containers.create(IMAGE, volumes={volume: {"bind": "/in", "mode": "ro"}}, labels=label)
    try:
        one.exec_run(["chown", "1234:99", "/data"], user="0")
        one.exec_run(["chmod", "700", "/data"], user="0")
        found = mounts_of([one, two])
        told = {(mount.container, mount.target): mount for mount in found.mounts}
        seen = told[str(one.name), "/data"]
        assert (seen.kind, seen.source, seen.owner, seen.mode) == ("volume", volume, "1234:99", "700")
        assert told[str(one.name), "/scratch"].kind == "tmpfs"
        assert told[str(one.name), "/nameless"].kind == "anonymous"
        other = told[str(two.name), "/in"]  # not running: nobody looks
        assert (other.source, other.owner, other.writable) == (volume, "", False)
        assert found.runs_as == {str(one.name): "1234", str(two.name): ""}
    finally:
        one.remove(force=True, v=True)
        two.remove(force=True, v=True)
        client.volumes.get(volume).remove(force=True)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[list[str]]:
    """The command that drives a project of its own, whose things are removed in the end."""
    (tmp_path / "compose.yaml").write_text(FILE)
    name = f"mounts-{uuid.uuid4().hex[:8]}"
    command = ["docker", "compose", "--progress", "quiet", "-p", name, "-f", str(tmp_path / "compose.yaml")]
    yield command
    compose(command, "down", "--volumes", "--timeout", "0")


def compose(command: list[str], *words: str) -> str:
    environment = {**os.environ, **cli_environment(), "DOCKER_HOST": find_engine().url}
    done = subprocess.run(
        [*command, *words], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_project_is_read_as_compose_reads_it_and_its_start_as_it_was(
    client: docker.DockerClient, project: list[str]
) -> None:
    told = compose(project, "config", "--format", "json")
    assert [service.name for service in read_project(told).services] == ["db", "visitor", "web"]
    assert "web: waits for db (healthy), on network default" in plots.compose_graph(told).alt
    mark = {"label": f"com.docker.compose.project={project[project.index('-p') + 1]}"}
    since = int(time.time()) - 5  # the engine's clock, and ours
    compose(project, "up", "--detach")
    visitor = client.containers.list(all=True, filters={**mark, "name": "visitor"})[0]
    assert visitor.wait(timeout=60)["StatusCode"] == 0
    events = list(client.events(since=since, until=int(time.time()) + 1, filters=mark, decode=True))
    starts = {one.service: one for one in read_startup(events)}
    healthy, started = starts["db"].when("healthy"), starts["web"].when("started")
    answered = starts["visitor"].when("exited")
    assert healthy is not None
    assert started is not None
    assert answered is not None
    assert healthy <= started < answered
    assert "Started after db was healthy: web." in plots.startup_timeline(events, "visitor").alt

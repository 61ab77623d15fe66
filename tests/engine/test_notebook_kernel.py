"""A lesson's kernel on a real engine: it removes what it made, and nothing that looks like it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import NotFound

from course.engine.labels import made
from course.engine.listing import list_images

pytestmark = pytest.mark.engine
BUSYBOX = "busybox:1.37"


def kernel(program: str, home: Path, **given: str) -> Any:
    """Run a lesson's lines in a process of their own. Its last line prints JSON."""
    prelude = "import json, os, sys\nfrom course.notebook import *\nclient = connect()\n"
    done = subprocess.run(
        [sys.executable, "-c", prelude + program],
        env=os.environ | {"COURSE_HOME": str(home)} | given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def neighbours(client: docker.DockerClient) -> Iterator[list[tuple[str, str]]]:
    """Things of another lesson: the course's label is on them, too."""
    tail = uuid.uuid4().hex[:8]
    box = client.containers.create(BUSYBOX, ["true"], name=f"other-{tail}", labels=made("container"))
    net = client.networks.create(f"other-{tail}", labels=made("network"))
    vol = client.volumes.create(f"other-{tail}", labels=made("volume"))
    client.images.get(BUSYBOX).tag(f"other-{tail}", "1")
    yield [("containers", box.id), ("networks", net.id), ("volumes", vol.name), ("images", f"other-{tail}:1")]
    box.remove(force=True)
    net.remove()
    vol.remove()
    client.images.remove(f"other-{tail}:1")


def there(client: docker.DockerClient, kind: str, key: str) -> bool:
    try:
        getattr(client, kind).get(key)
    except NotFound:
        return False
    return True


MAKE = """
tail = name("mine")
mount = {tail: {"bind": "/d"}}
box = client.containers.run("busybox:1.37", ["sleep", "300"], name=tail, detach=True, volumes=mount)
net = client.networks.create(tail)
client.images.get("busybox:1.37").tag(tail, "1")
folder = workdir()
(folder / "Dockerfile").write_text("FROM busybox:1.37\\nRUN true > /x\\n")
build(folder, tail + ":built")
build(folder, tail + ":built", no_cache=True)   # the tag moves; the first image may stay without a name
mine = [("containers", box.id), ("networks", net.id), ("volumes", tail), ("images", tail + ":1"),
        ("images", tail + ":built")]
"""


def test_clean_up_removes_what_the_kernel_made_and_spares_the_neighbours(
    client: docker.DockerClient, tmp_path: Path, neighbours: list[tuple[str, str]]
) -> None:
    untagged = {image["Id"] for image in list_images(client.api, filters={"dangling": True})}
    mine, folder = kernel(MAKE + "clean_up(); print(json.dumps([mine, str(folder)]))", tmp_path)
    assert len(mine) == 5
    assert [thing for thing in mine if there(client, *thing)] == []
    assert not Path(folder).exists()
    assert [thing for thing in neighbours if not there(client, *thing)] == []
    assert there(client, "images", BUSYBOX)
    new = {image["Id"] for image in list_images(client.api, filters={"dangling": True})} - untagged
    assert [key for key in new if made_by(client, key, "mine-")] == []


def made_by(client: docker.DockerClient, image: str, prefix: str) -> bool:
    """Whether an image without a name was built under one that begins so: its label still says it."""
    try:
        labels = client.images.get(image).labels
    except NotFound:
        return False
    return any(value.startswith(prefix) for value in labels.values())


def test_an_image_that_got_another_name_keeps_it(client: docker.DockerClient, tmp_path: Path) -> None:
    keep = f"keep-{uuid.uuid4().hex[:8]}"
    program = """
folder = workdir()
(folder / "Dockerfile").write_text("FROM busybox:1.37\\nRUN true > /y\\n")
tag = name("mine") + ":1"
build(folder, tag)
import docker
docker.DockerClient(base_url=os.environ["DIRECT"]).images.get(tag).tag(os.environ["KEEP"], "1")
clean_up()
print(json.dumps(tag))
"""
    direct = os.environ.get("DOCKER_HOST") or str(client.api.base_url)
    tag = kernel(program, tmp_path, DIRECT=direct, KEEP=keep)
    try:
        assert not there(client, "images", tag)
        assert there(client, "images", f"{keep}:1")
    finally:
        client.images.remove(f"{keep}:1")


def test_other_programs_go_through_the_gateway_too(tmp_path: Path) -> None:
    """`!docker …` and a client made from the environment meet the tape, without being told."""
    program = """
import docker, course.notebook as face
from course.tape_view import record
with record(face._kernel.gateway) as seen:
    docker.from_env().ping()
    os.system("docker ps --quiet > /dev/null")
print(json.dumps([call.path for call in seen.calls]))
"""
    paths = kernel(program, tmp_path)
    assert "/_ping" in paths
    assert "/containers/json" in paths


def test_a_shell_that_points_docker_elsewhere_is_not_followed(tmp_path: Path) -> None:
    elsewhere = {"DOCKER_CONTEXT": "", "DOCKER_CERT_PATH": "/nowhere"}
    program = 'print(json.dumps([os.environ.get("DOCKER_CERT_PATH"), os.environ["DOCKER_HOST"]]))'
    cert, host = kernel(program, tmp_path, **elsewhere)
    assert cert is None
    assert host.startswith("unix://")

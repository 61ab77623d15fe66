"""Somebody else's things on the engine: a container, image, network and volume that the suite must spare.

They are made before the first test, outside the gateway and without the course's labels, and looked for after
the last one. If one is missing or changed, the run fails, whatever the tests said.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
import uuid
from dataclasses import dataclass

import docker
from docker.errors import APIError, NotFound

from course.engine.connect import connect
from course.engine.listing import list_images
from course.errors import CourseError


@dataclass(frozen=True)
class Bystanders:
    """The names under which they were made."""

    name: str
    running: bool  # whether a base image was there to run a container from

    def missing(self, client: docker.DockerClient) -> list[str]:
        """What of them is gone or changed, in words."""
        lost: list[str] = []
        for kind, things in (
            ("image", client.images),
            ("network", client.networks),
            ("volume", client.volumes),
            ("container", client.containers),
        ):
            try:
                found = things.get(f"{self.name}:1" if kind == "image" else self.name)
            except NotFound:
                lost.append(f"the {kind} {self.name} is gone")
                continue
            if kind == "container" and self.running and found.status != "running":
                lost.append(f"the container {self.name} is {found.status}")
        return lost

    def remove(self, client: docker.DockerClient) -> None:
        """Removes them."""
        for removal in (
            lambda: client.containers.get(self.name).remove(force=True),
            lambda: client.volumes.get(self.name).remove(),
            lambda: client.networks.get(self.name).remove(),
            lambda: client.images.remove(f"{self.name}:1"),
        ):
            with contextlib.suppress(NotFound, APIError):
                removal()


def make(client: docker.DockerClient) -> Bystanders:
    """Makes them."""
    name = f"bystander-{uuid.uuid4().hex[:10]}"
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        member = tarfile.TarInfo("somebody-elses-file")
        member.size = len(name)
        tar.addfile(member, io.BytesIO(name.encode()))
    client.api.import_image_from_data(data.getvalue(), repository=name, tag="1")
    client.networks.create(name)
    client.volumes.create(name)
    base = next((tag for tag in ("busybox:1.37", "debian:trixie-slim") if list_images(client.api, tag)), None)
    if base:
        mounts = {name: {"bind": "/data", "mode": "rw"}}
        client.containers.run(base, ["sleep", "86400"], name=name, detach=True, network=name, volumes=mounts)
    else:
        client.containers.create(f"{name}:1", ["none"], name=name)
    return Bystanders(name, base is not None)


def made() -> Bystanders | None:
    """Makes them if an engine answers."""
    try:
        with contextlib.closing(connect()) as client:
            return make(client)
    except CourseError:
        return None


def verdict(bystanders: Bystanders) -> list[str]:
    """What was lost; afterwards they are removed."""
    try:
        with contextlib.closing(connect()) as client:
            lost = bystanders.missing(client)
            bystanders.remove(client)
            return lost
    except CourseError as error:
        return [f"the engine that had them no longer answers: {error}"]

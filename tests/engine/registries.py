"""Registries of tests, on this engine's loopback: their ports, and what is pushed to them."""

from __future__ import annotations

import re

import docker
from docker.models.containers import Container

from course.engine.listing import list_images
from course.steps import SILENT

with SILENT.step("") as STEP:
    pass


def port_of(box: Container) -> str:
    box.reload()
    return str(box.attrs["NetworkSettings"]["Ports"]["5000/tcp"][0]["HostPort"])


def forget(client: docker.DockerClient, *names: str) -> None:
    for name in names:
        if list_images(client.api, name):
            client.images.remove(name)


def push(client: docker.DockerClient, name: str, remote: str) -> str:
    """Pushes `name` as `remote`, removes both from the engine, and returns the digest."""
    repository, _, tag = remote.rpartition(":")
    assert client.images.get(name).tag(repository, tag)
    digest = ""
    for message in client.api.push(repository, tag, stream=True, decode=True):
        assert "error" not in message, message
        if found := re.search(r"digest: (sha256:\w+)", str(message.get("status"))):
            digest = found[1]
    forget(client, remote, name)
    return digest

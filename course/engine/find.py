"""Finds the engine to use: DOCKER_HOST, the docker context, the well-known sockets, the embedded engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import docker
import requests
from docker.errors import DockerException

from course.engine.address import Address
from course.errors import NoEngine
from course.paths import paths


def candidates() -> Iterator[Address]:
    """Every address worth trying, in order."""
    if host := os.environ.get("DOCKER_HOST"):
        yield Address(host, "DOCKER_HOST")
        return
    for path in (Path("/var/run/docker.sock"),):
        if path.exists():
            yield Address(f"unix://{path}", "socket", "Docker Engine")
    yield Address(f"unix://{paths().run / 'docker.sock'}", "embedded")


def find_engine() -> Address:
    """The first address at which an engine answers.

    Raises NoEngine when none does.
    """
    for address in candidates():
        if answers(address):
            return address
    raise NoEngine("No Docker Engine answers.", hint="Run: course up")


def answers(address: Address, *, timeout: int = 5) -> bool:
    """Whether an engine answers there within `timeout` seconds."""
    try:
        client = docker.APIClient(base_url=address.url, timeout=timeout)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except (DockerException, requests.RequestException, OSError):
        return False

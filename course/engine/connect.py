"""A docker-py client for an address."""

from __future__ import annotations

import docker

from course.engine.address import Address
from course.engine.failures import engine_errors
from course.engine.find import client_options, find_engine, knock


def connect(address: Address | None = None, *, timeout: int = 60) -> docker.DockerClient:
    """A client whose API version was negotiated with the engine. `timeout` is seconds of silence per read.

    Without `address`, the engine that `find_engine` finds.
    Raises NoEngine, EngineDenied or EngineGone.
    """
    address = address or find_engine()
    knock(address)
    with engine_errors(address):
        return docker.DockerClient(**client_options(address), timeout=timeout)

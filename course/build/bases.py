"""Which images a build's FROM lines meant. A graph driver's engine doesn't say so in a vertex's name, and a
tag can be another image next time: without this, "another base" could not be told from "not known"."""

from __future__ import annotations

import contextlib
from typing import Any

import docker

from course.engine.failures import WIRE_ERRORS
from course.trace import Build


def base_ids(client: docker.DockerClient, build: Build) -> dict[str, str]:
    """Image name, as the FROM's vertex has it → its ID in the engine, where the name holds no digest."""
    found: dict[str, str] = {}
    for step in build.steps:
        words = (step.instruction or "").split()
        if len(words) < 2 or words[0].upper() != "FROM" or "@" in words[1]:
            continue
        if identity := image_id(client, words[1]):
            found[words[1]] = identity
    return found


def image_id(client: docker.DockerClient, name: str) -> str:
    """The ID of the image called `name`; "" where the engine has none, or doesn't answer."""
    with contextlib.suppress(*WIRE_ERRORS, KeyError):
        api: Any = client.api  # docker-py's own call is untyped
        return str(api.inspect_image(name)["Id"])
    return ""

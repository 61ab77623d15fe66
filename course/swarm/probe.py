"""Whether an engine can run engines in containers, and overlay networks between them."""

from __future__ import annotations

import os
from typing import Any

import docker
from docker.errors import APIError, ContainerError

from course.engine.failures import engine_errors

RECORDED = "COURSE_SWARM"
"""The environment variable that asks for the recorded results, when set to "recorded"."""
_PROBE_IMAGE = "busybox:1.37"
_NO_VXLAN = "not supported"  # EOPNOTSUPP: no such type of link. With the type, this asks for an id: EINVAL.


def why_not(client: docker.DockerClient) -> str:
    """Why not, in a sentence; "" where nothing speaks against it. Raises EngineGone or ImageNotFound."""
    if os.environ.get(RECORDED) == "recorded":
        return f"{RECORDED}=recorded asks for it."
    with engine_errors():
        info = client.info()
        if info.get("OSType", "linux") != "linux":
            return "This engine runs Windows containers."
        if any("rootless" in option for option in info.get("SecurityOptions") or ()):
            return "This engine is rootless: its containers can't have the privileges that an engine needs."
        return _why_no_network(client)


def _why_no_network(client: docker.DockerClient) -> str:
    command = ["sh", "-c", "ip link add course-probe type vxlan 2>&1; true"]
    run: Any = client.containers.run
    try:
        said: bytes = run(_PROBE_IMAGE, command, privileged=True, network_mode="none", remove=True)
    except docker.errors.ImageNotFound:
        raise
    except (APIError, ContainerError) as error:
        words = getattr(error, "explanation", "") or error
        return f"This engine starts no privileged container: {words}"
    if _NO_VXLAN in said.decode(errors="replace"):
        return "This kernel has no VXLAN, which overlay networks are made of."
    return ""

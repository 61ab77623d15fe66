"""Engines in containers: started side by side, waited for, and removed with all that they hold."""

from __future__ import annotations

import contextlib
import functools
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException
from requests import RequestException

from course.engine.failures import engine_errors
from course.engine.labels import PREFIX
from course.engine.makers import MAKER, is_gone, made_by
from course.errors import EngineStartFailed
from course.swarm.door import Door

IMAGE = "docker:26-dind"
NODE = f"{PREFIX}.node"
"""The label on a node's container and on the nodes' network: who made it."""
_READY_SECONDS = 90.0
_LEFT_OVER = 24 * 3600.0  # a lesson may lie open over a lunch break, not over a day
# An explicit dockerd: the image would else add a TCP port, and wait before it opens that without TLS.
# Fixed, so that no client asks for it before the engine is there; since Docker 23.
_API = "1.42"
_COMMAND = ("dockerd", "--host=unix:///var/run/docker.sock")


@dataclass(frozen=True, eq=False)
class Node:
    """One engine. `container` is what it runs in, on the outer engine, and `network` the outer network in
    which the nodes see one another by name. `client` and `url` lead to the inner one.
    """

    name: str
    container: Any
    client: docker.DockerClient
    url: str
    network: str

    def wait(self, seconds: float = _READY_SECONDS) -> None:
        """Returns when it answers. Raises EngineStartFailed when its container ends, or time is over."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            self.container.reload()
            if self.container.status in ("exited", "dead") or time.monotonic() > deadline:
                log = self.container.logs(tail=15).decode(errors="replace")
                raise EngineStartFailed(
                    f"The engine in the container of node {self.name} doesn't answer.",
                    hint="The engine's own words are above. Run: course doctor",
                    detail=log,
                )
            time.sleep(0.1)
        self.container.reload()  # its status is no longer "created"

    def wait_for_swarm(self, manager: docker.DockerClient, seconds: float = _READY_SECONDS) -> None:
        """Returns when it answers and its Swarm's manager counts on it again. Raises EngineStartFailed."""
        self.wait(seconds)
        deadline = time.monotonic() + seconds
        while not any(
            node.attrs["Description"]["Hostname"] == self.name and node.attrs["Status"]["State"] == "ready"
            for node in manager.nodes.list()
        ):
            if time.monotonic() > deadline:
                raise EngineStartFailed(f"Node {self.name} has not come back to its Swarm.")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except (DockerException, RequestException):
            return False


@dataclass(frozen=True, eq=False)
class Nodes:
    """The engines, in order. `network` is that of the outer engine in which they see each other by name."""

    network: Any
    folder: Path
    all: list[Node] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.all)

    def start(self, client: docker.DockerClient, name: str, environment: Mapping[str, str]) -> None:
        """Starts one more, and doesn't wait for it."""
        container = client.containers.run(
            IMAGE,
            list(_COMMAND),
            detach=True,
            privileged=True,
            hostname=name,  # the name that it has in the Swarm
            cgroupns="private",  # else its containers' groups lie beside those of the outer engine
            environment={"DOCKER_TLS_CERTDIR": ""},
            labels={NODE: _maker()},
            network=self.network.name,
            networking_config={self.network.name: client.api.create_endpoint_config(aliases=[name])},
        )
        door = Door(str(container.id), self.folder / f"{len(self.doors)}.sock", environment)
        self.doors.append(door)
        url = door.open().url
        inner = docker.DockerClient(base_url=url, version=_API, timeout=60)
        self.all.append(Node(name, container, inner, url, self.network.name))

    def close(self) -> None:
        """Removes them: containers, volumes, network and sockets. What is gone already is no error."""
        for node in self.all:
            node.client.close()
        for door in self.doors:
            door.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        _all_at_once([functools.partial(_remove, node.container) for node in self.all])
        with contextlib.suppress(DockerException, RequestException):
            self.network.remove()


def start_nodes(client: docker.DockerClient, names: Sequence[str], environment: Mapping[str, str]) -> Nodes:
    """Starts an engine for each name and returns when all answer.

    `environment`: DOCKER_HOST and PATH for the docker command line (see `Door`).
    Raises EngineStartFailed, EngineRefused, EngineGone or ImageNotFound. Nothing is left then.
    """
    with engine_errors():
        remove_left_over(client)
        network = client.networks.create(f"nodes-{uuid.uuid4().hex[:6]}", labels={NODE: _maker()})
        nodes = Nodes(network, Path(tempfile.mkdtemp(prefix="course-nodes-")))
        try:
            for name in names:
                nodes.start(client, name, environment)
            for node in nodes:
                node.wait()
        except BaseException:  # Ctrl-C as well
            nodes.close()
            raise
    return nodes


def remove_left_over(client: docker.DockerClient) -> None:
    """Removes the nodes and networks of processes that were killed."""
    for container in client.containers.list(all=True, ignore_removed=True, filters={"label": NODE}):
        if is_gone(container.labels.get(NODE, ""), _LEFT_OVER):
            _remove(container)
    for network in client.networks.list(filters={"label": NODE}):
        if is_gone((network.attrs.get("Labels") or {}).get(NODE, ""), _LEFT_OVER):
            with contextlib.suppress(APIError):
                network.remove()


def _all_at_once(calls: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread, call in zip(threads, calls, strict=True):
        try:
            thread.start()
        except RuntimeError:  # a Python that is about to end starts no thread any more
            call()
    for thread in threads:
        if thread.ident is not None:
            thread.join()


def _maker() -> str:
    return made_by()[MAKER]


def _remove(container: Any) -> None:
    with contextlib.suppress(DockerException, RequestException):
        container.remove(force=True, v=True)

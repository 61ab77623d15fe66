"""Several engines for a lesson, each in a container, and what a Swarm of them did."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import docker

from course import notebook, plots
from course.errors import EngineStartFailed
from course.notebook import _recorded
from course.notebook._ending import before_the_end, forget
from course.plots import Picture
from course.swarm import History, follow, read_swarm, start_nodes, why_not

if TYPE_CHECKING:
    from course.swarm import Node, Nodes

__all__ = ["History", "engines", "follow", "swarm_map", "tasks_by_node"]


class Engines:
    """Those of this kernel: they go with `clean_up`, or with the kernel."""

    def __init__(self) -> None:
        self._nodes: Nodes | None = None
        self._process = os.getpid()

    def start(self, client: docker.DockerClient, names: Sequence[str]) -> list[Node]:
        """Starts them, in place of any that are there."""
        self.clear()
        assert notebook._kernel.address is not None  # noqa: S101  `client` came from connect()
        # Not by way of the gateway: what goes through the doors is between a client and a nested engine.
        self._nodes = start_nodes(client, names, notebook._kernel.address.environment())
        before_the_end(self._end)
        return list(self._nodes)

    def clear(self) -> list[str]:
        """Removes them, and says which kinds of things went. Recorded results end as well."""
        _recorded.stop()
        nodes, self._nodes = self._nodes, None
        if nodes is None:
            return []
        nodes.close()
        forget(self._end)
        return ["container", "network"]

    def _end(self) -> None:
        if os.getpid() == self._process:  # a fork of the kernel ends, not the kernel
            self.clear()


def engines(*names: str) -> list[Any]:
    """A Docker engine for each name: its own machine, but for the kernel. Each has a `client`, as `connect`
    gives one, a `url` for the command line, and the `container` that it runs in.

    Where this engine can't run others, says why; the lesson's next cells then show what was recorded.
    Raises EngineRefused, EngineGone, ImageNotFound.
    """
    client = notebook._client()
    if notebook._kernel.engines is None:
        notebook._kernel.engines = Engines()
    why = why_not(client)
    if not why:
        try:
            return list(notebook._kernel.engines.start(client, names))
        except EngineStartFailed as error:
            why = "\n".join([str(error), *error.detail.splitlines()[-1:]])
    _recorded.play("11_swarm", why)
    return [None] * len(names)


def swarm_map(manager: docker.DockerClient, title: str = "The Swarm") -> Picture:
    """A picture of the nodes, of the tasks on them, and of overlay networks, as a manager tells it now."""
    return plots.swarm_map(read_swarm(manager), title)


def tasks_by_node(manager: docker.DockerClient) -> dict[str, int]:
    """Node → how many tasks run on it."""
    return {member.name: len(member.tasks) for member in read_swarm(manager).members}

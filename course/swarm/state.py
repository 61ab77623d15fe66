"""A Swarm as its manager tells it now: which machine is what, and which tasks run on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import docker

from course.engine.failures import engine_errors


@dataclass(frozen=True)
class Placed:
    """A running task: `shop.3`, and its address in each overlay network."""

    name: str
    version: str  # its image's tag
    addresses: Mapping[str, str]  # network → address, without the bits of its prefix


@dataclass(frozen=True)
class Member:
    """A node. `role` is leader, manager or worker; `state` is ready, down or another word of the engine's."""

    name: str
    role: str
    state: str
    availability: str  # active, pause, drain
    tasks: tuple[Placed, ...]


@dataclass(frozen=True)
class Swarm:
    """The nodes, the leader first, and the overlay networks that tasks are in."""

    members: tuple[Member, ...]
    networks: tuple[str, ...]


def read_swarm(client: docker.DockerClient) -> Swarm:
    """Asks a manager. Raises EngineGone or EngineRefused."""
    api: Any = client.api
    with engine_errors():
        return read(api.nodes(), api.tasks(filters={"desired-state": "running"}), api.services())


def read(
    nodes: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
    services: Sequence[Mapping[str, Any]],
) -> Swarm:
    """Reads the JSON of nodes, tasks and services."""
    names = {one["ID"]: one["Spec"]["Name"] for one in services}
    running = [one for one in tasks if one["Status"]["State"] == "running" and one["ServiceID"] in names]
    placed = {
        node["ID"]: tuple(
            sorted((_placed(one, names) for one in running if one["NodeID"] == node["ID"]),
                   key=lambda task: task.name)
        )
        for node in nodes
    }  # fmt: skip
    members = [_member(node, placed[node["ID"]]) for node in sorted(nodes, key=_rank)]
    networks = {name for tasks_ in placed.values() for task in tasks_ for name in task.addresses}
    return Swarm(tuple(members), tuple(sorted(networks)))


def _member(node: Mapping[str, Any], tasks: tuple[Placed, ...]) -> Member:
    manager = node.get("ManagerStatus") or {}
    role = "leader" if manager.get("Leader") else str(node["Spec"]["Role"])
    return Member(
        str(node["Description"]["Hostname"]),
        role,
        str(node["Status"]["State"]),
        str(node["Spec"]["Availability"]),
        tasks,
    )


def _rank(node: Mapping[str, Any]) -> tuple[bool, bool, str]:
    """The leader first, then the other managers, each in the order in which they joined."""
    manager = node.get("ManagerStatus") or {}
    return not manager.get("Leader"), not manager, str(node["CreatedAt"])


def _placed(task: Mapping[str, Any], names: Mapping[str, str]) -> Placed:
    image = str(task["Spec"]["ContainerSpec"]["Image"]).partition("@")[0].rpartition("/")[2]
    addresses = {
        str(one["Network"]["Spec"]["Name"]): str(one["Addresses"][0]).partition("/")[0]
        for one in task.get("NetworksAttachments") or ()
        if one.get("Addresses")
    }
    return Placed(f"{names[task['ServiceID']]}.{task.get('Slot', 0)}", image.partition(":")[2], addresses)

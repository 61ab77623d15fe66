"""What a lesson on networks draws and tries: the map, the map that follows the engine, who reaches whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import docker
from docker.models.containers import Container

from course import notebook, plots
from course.engine.connect import connect as connect_to
from course.errors import InputError
from course.networks import (
    Caller,
    Door,
    Matrix,
    NetworkMap,
    Rules,
    doors_of,
    publishing_rules,
    reach,
    read_map,
)
from course.plots import Picture
from course.widgets.network_map import NetworkMapView

__all__ = ["connections", "firewall_rules", "network_map", "watch_networks"]

_EVENTS = {
    "type": ["container", "network"],
    "event": ["start", "die", "rename", "create", "destroy", "connect", "disconnect"],
}


def network_map(title: str = "The host's networks, and who is in them") -> Picture:
    """A picture of the networks and running containers that this notebook made.

    Raises InputError while there are none, EngineGone, EngineRefused.
    """
    found = _read(notebook._client())
    if not found.networks and not found.containers:
        raise InputError("This notebook has no network and no running container yet.")
    return plots.network_map(found, title)


def watch_networks() -> NetworkMapView:
    """The same map, live: it follows the engine's events as long as this kernel runs."""
    notebook._client()
    # Not by way of the gateway: what the map asks in the background belongs on nobody's tape.
    direct = connect_to(notebook._kernel.address)
    view = NetworkMapView(lambda: _read(direct))
    view.follow(direct.events(filters=_EVENTS, decode=True))
    return view


def connections(
    callers: Sequence[Container | str],
    doors: Sequence[Container | str] | Mapping[str, str],
    port: int = 80,
) -> Matrix:
    """Tries who reaches whom, from a side container in each caller's network. Nothing runs in the callers.

    `callers`: containers, or "host" for the engine's host. `doors`: containers, tried by name and by address
    at `port`, or "HOST:PORT" as one would write it; "HOST" alone stands for `port`. A mapping gives them
    labels: {"the shop": "127.0.0.1:8000"}.
    Raises InputError, EngineGone, EngineRefused, EngineError.
    """
    client = notebook._client()
    written = doors if isinstance(doors, Mapping) else {door: door for door in doors if isinstance(door, str)}
    asked = [str(door.id) for door in doors if isinstance(door, Container)]
    networks = read_map(client, containers=asked)
    found: list[Door] = []
    for door in doors:
        if isinstance(door, Container):
            found += _doors(door, networks, port)
        else:
            found.append(_door(door, written[door], port))
    who = [
        Caller(one, one) if isinstance(one, str) else Caller(str(one.name), str(one.id)) for one in callers
    ]
    return reach(client, who, found)


def firewall_rules(container: Container) -> Rules:
    """The packet rules behind a container's published port, if this kernel may see them; else recorded ones.

    Raises InputError when it has none, EngineGone, EngineRefused.
    """
    found = read_map(notebook._client(), containers=[str(container.id)]).containers
    doors = [door for one in found for door in one.doors]
    if not doors:
        raise InputError(f"{container.name} has no published port.", hint="Give it one: docker run -p …")
    return publishing_rules(doors[0])


def _read(client: docker.DockerClient) -> NetworkMap:
    ledger = notebook._kernel.ledger
    assert ledger is not None  # noqa: S101  there since connect(), as the client is
    return read_map(client, containers=ledger.own("container"), networks=ledger.own("network"))


def _door(label: str, written: str, port: int) -> Door:
    host, _, number = written.partition(":")
    if number and not number.isdigit():
        raise InputError(f"{written!r} is no HOST:PORT.")
    return Door(label, host, int(number or port))


def _doors(container: Container, networks: NetworkMap, port: int) -> tuple[Door, ...]:
    found = next((one for one in networks.containers if one.id == container.id), None)
    if found is None:
        raise InputError(f"{container.name} isn't running.", hint=f"Run: docker logs {container.name}")
    return doors_of(found, networks, port)

"""Networks and containers as the engine tells of them; the single crossing from its words to the model."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from typing import Any

import docker
from docker.errors import NotFound

from course.engine.failures import engine_errors
from course.engine.labels import PREFIX
from course.networks.model import Attachment, Container, Network, NetworkMap, Published

PROBE = f"{PREFIX}.probe"
"""On the side containers of `reach`: they belong on no map."""
_SHARED = "container:"


def read_map(
    client: docker.DockerClient,
    *,
    containers: Collection[str] | None = None,
    networks: Collection[str] = (),
) -> NetworkMap:
    """The running containers, oldest first, and the networks that they are in; `networks` adds empty ones.

    `containers` and `networks` are ids or names; without `containers` it's every running one. What goes away
    while it is read is left out. Raises EngineGone or EngineRefused.
    """
    api = client.api
    with engine_errors():
        running = [str(one["Id"]) for one in api.containers() if _wanted(one, containers)]
        found: list[Mapping[str, Any]] = []
        for reference in running:
            with contextlib.suppress(NotFound):
                found.append(api.inspect_container(reference))
        ordered = sorted(found, key=lambda answer: str(answer["Created"]))
        people = tuple(map(container_of, ordered))
        joined = {place.network for one in people for place in one.attachments}
        places: dict[str, Network] = {}
        for reference in [*networks, *sorted(joined - set(networks))]:
            with contextlib.suppress(NotFound):
                network = network_of(api.inspect_network(reference))
                places[network.id] = network
    return NetworkMap(tuple(sorted(places.values(), key=_rank)), people)


def _wanted(listed: Mapping[str, Any], asked: Collection[str] | None) -> bool:
    if PROBE in (listed.get("Labels") or {}):
        return False
    names = {str(name).removeprefix("/") for name in listed.get("Names") or ()}
    return asked is None or str(listed["Id"]) in asked or not names.isdisjoint(asked)


def container_of(answer: Mapping[str, Any]) -> Container:
    """A container out of `GET /containers/C/json`."""
    settings = answer["NetworkSettings"]
    mode = str(answer["HostConfig"].get("NetworkMode", ""))
    return Container(
        id=str(answer["Id"]),
        name=str(answer["Name"]).removeprefix("/"),
        image=str(answer["Config"].get("Image", "")),
        attachments=tuple(
            Attachment(str(place["NetworkID"]), str(place.get("IPAddress") or ""), _aliases(place, answer))
            for place in (settings.get("Networks") or {}).values()
            if place.get("NetworkID")
        ),
        published=_published(settings.get("Ports") or {}),
        exposed=tuple(sorted(answer["Config"].get("ExposedPorts") or {})),
        shares=mode.removeprefix(_SHARED) if mode.startswith(_SHARED) else "",
    )


def _published(ports: Mapping[str, Any]) -> tuple[Published, ...]:
    return tuple(
        Published(str(one.get("HostIp", "")), int(one["HostPort"]), port)
        for port in sorted(ports)
        for one in ports[port] or ()
        if one.get("HostPort")
    )


def _aliases(place: Mapping[str, Any], answer: Mapping[str, Any]) -> tuple[str, ...]:
    # The short id is an alias of every container; it tells nobody anything.
    return tuple(sorted(set(place.get("Aliases") or ()) - {str(answer["Id"])[:12]}))


def network_of(answer: Mapping[str, Any]) -> Network:
    """A network out of `GET /networks/N`."""
    pools = (answer.get("IPAM") or {}).get("Config") or []
    return Network(
        id=str(answer["Id"]),
        name=str(answer["Name"]),
        driver=str(answer["Driver"]),
        subnets=tuple(str(pool["Subnet"]) for pool in pools if pool.get("Subnet")),
        gateway=next((str(pool["Gateway"]) for pool in pools if pool.get("Gateway")), ""),
        internal=bool(answer.get("Internal")),
    )


def _rank(network: Network) -> tuple[int, str]:
    # The host's own on top, then bridges, and at the bottom the one that leads nowhere.
    order = {"host": 0, "bridge": 1 + (network.name != "bridge"), "null": 9}
    return order.get(network.driver, 3), network.name

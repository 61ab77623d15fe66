"""docker network and docker volume: what makes, joins and removes them."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

import docker
from docker.errors import APIError

from checkers.command.conversation import Call
from checkers.command.doing.each import each
from checkers.command.stage import DEFAULT_BRIDGE, Says, Stage
from checkers.command.words import Refused, Step
from course.errors import EngineRefused

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}")
_TAKEN = re.compile("pool overlaps|address pools", re.IGNORECASE)


def create_network(stage: Stage, call: Call, step: Step) -> int:
    """docker network create."""
    name = _named(step.words[0])
    if name in {DEFAULT_BRIDGE, "host", "none", "default"}:
        raise Says(f"Error response from daemon: operation is not permitted on predefined {name} network")
    if (driver := step.last("driver", "bridge")) != "bridge":
        raise Refused(
            f"A network of the driver {driver[:40]} is not for this task.",
            hint="The default, bridge, is for containers on one machine.",
        )
    try:
        net = stage.new_network(name, inner=step.on("internal"), ipam=_addresses(step))
    except APIError as error:
        if _TAKEN.search(str(error.explanation)):  # by somebody else's network, which is no fault of theirs
            raise EngineRefused(
                f"The addresses {step.last('subnet')} are taken on this engine by another network.",
                hint="Remove that one, or leave --subnet out: docker finds free addresses by itself.",
                detail=str(error.explanation),
            ) from error
        raise
    call.out(f"{_id(stage, net.real)}\n".encode())
    return 0


def _addresses(step: Step) -> Any:
    subnet = step.last("subnet")
    if not subnet:
        return None
    try:
        ipaddress.ip_network(subnet)
        for name in ("gateway", "ip-range"):
            ipaddress.ip_network(step.last(name) or subnet)
    except ValueError as error:
        raise Says(f"Error response from daemon: invalid network config: {error}") from error
    pool = docker.types.IPAMPool(
        subnet=subnet, gateway=step.last("gateway") or None, iprange=step.last("ip-range") or None
    )
    return docker.types.IPAMConfig(pool_configs=[pool])


def connect(stage: Stage, call: Call, step: Step) -> int:
    """docker network connect."""
    if "link" in step.options:
        raise Refused("--link is of the time before names resolved.", hint="--alias gives another name.")
    net, box = stage.network(step.words[0]), stage.box(step.words[1])
    aliases = [box.name, *step.options.get("alias", ())] if not net.default else []
    stage.attempt.client.api.connect_container_to_network(
        box.id, net.real, aliases=[one for one in aliases if one], ipv4_address=step.last("ip") or None
    )
    box.networks.append(net.name)
    return 0


def disconnect(stage: Stage, call: Call, step: Step) -> int:
    """docker network disconnect."""
    net, box = stage.network(step.words[0]), stage.box(step.words[1])
    stage.attempt.client.api.disconnect_container_from_network(box.id, net.real, force=step.on("force"))
    box.networks[:] = [name for name in box.networks if name != net.name]
    return 0


def rm_network(stage: Stage, call: Call, step: Step) -> int:
    """docker network rm."""

    def remove(word: str) -> None:
        net = stage.network(word)
        if net.default:
            raise Says("Error response from daemon: bridge is a pre-defined network and cannot be removed")
        stage.attempt.client.api.remove_network(net.real)
        del stage.networks[net.name]

    return each(stage, call, step.words, remove, force=step.on("force"))


def create_volume(stage: Stage, call: Call, step: Step) -> int:
    """docker volume create."""
    if step.last("driver", "local") != "local" or "opt" in step.options:
        raise Refused(
            "A volume with a driver or options of its own is not for this task.",
            hint="docker volume create NAME is enough.",
        )
    name = step.last("name") or (step.words[0] if step.words else "")
    if name:
        stage.new_volume(_named(name))
        call.out(f"{name}\n".encode())
        return 0
    real = stage.new_volume()
    name = stage.shown(real)
    stage.volumes[name] = real
    call.out(f"{name}\n".encode())
    return 0


def rm_volume(stage: Stage, call: Call, step: Step) -> int:
    """docker volume rm."""

    def remove(word: str) -> None:
        stage.attempt.client.api.remove_volume(stage.volume(word))
        del stage.volumes[word]

    return each(stage, call, step.words, remove, force=step.on("force"))


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Refused(
            f"{name[:60]!r} is no name: it takes 2 to 128 letters, digits, and _ . - after the first.",
            hint="Give it a short name without spaces.",
        )
    return name


def _id(stage: Stage, real: str) -> str:
    return str(stage.attempt.client.networks.get(real).id)


DOERS = {
    "network create": create_network,
    "network connect": connect,
    "network disconnect": disconnect,
    "network rm": rm_network,
    "volume create": create_volume,
    "volume rm": rm_volume,
}

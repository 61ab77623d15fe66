"""docker inspect, port, logs, version: what the engine knows, with the script's own names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from docker.errors import NotFound

from checkers.command.conversation import Call
from checkers.command.stage import Box, Says, Stage
from checkers.command.template import NotUnderstood, render
from checkers.command.words import Refused, Step


def inspect(stage: Stage, call: Call, step: Step) -> int:
    """docker inspect, and docker KIND inspect."""
    kind = step.verb.partition(" ")[0] if step.verb != "inspect" else step.last("type")
    code, found = 0, []
    for word in step.words:
        try:
            found.append(_record(stage, word, kind))
        except Says as said:
            stage.note(call, str(said))
            code = 1
    form = step.last("format")
    if not form or form == "json":
        call.out(json.dumps(found, indent=4 if not form else None).encode() + b"\n")
        return code
    for record in found:
        call.out(filled(form, record).encode() + b"\n")
    return code


def filled(form: str, record: Any) -> str:
    """A format filled in. Raises Refused for one that this check can't."""
    try:
        return render(form, record)
    except NotUnderstood as error:
        raise Refused(
            f"The format {form[:80]} was not understood: {error}.",
            hint="A simpler one, or {{json .}}, says the same.",
        ) from error


def _record(stage: Stage, word: str, kind: str) -> dict[str, Any]:
    kinds: dict[str, Callable[[Stage, str], dict[str, Any]]] = {
        "container": lambda stage, word: container(stage, stage.box(word)),
        "image": _image,
        "network": _network,
        "volume": _volume,
    }
    for one in [kind] if kind else kinds:
        if one not in kinds:
            raise Refused(f"There is nothing of the type {kind[:40]} to inspect here.")
        try:
            return kinds[one](stage, word)
        except Says:
            if kind:
                raise
    raise Says(f"Error: No such object: {word[:128]}")


def container(stage: Stage, box: Box) -> dict[str, Any]:
    """The record of a container, as it would be on an engine of the script's own."""
    real = box.running.inspect()
    settings = real["NetworkSettings"]
    settings["Networks"].pop(stage.opened, None)
    for inside, bound in (settings.get("Ports") or {}).items():
        asked = [one.host for one in box.command.published if one.inside == inside and one.host]
        for place in bound or ():
            place["HostPort"] = asked[0] if len(set(asked)) == 1 else place["HostPort"]
    record = stage.record(real)
    record["Name"] = f"/{box.title}"
    record["Config"]["Image"] = box.command.image
    addresses = [net["IPAddress"] for name, net in record["NetworkSettings"]["Networks"].items()]
    # Only an address on the default bridge stands here, too.
    on_bridge = "bridge" in record["NetworkSettings"]["Networks"]
    record["NetworkSettings"]["IPAddress"] = addresses[0] if on_bridge else ""
    return record


def _image(stage: Stage, word: str) -> dict[str, Any]:
    try:
        return stage.record(stage.attempt.client.images.get(stage.image(word)).attrs)
    except NotFound as error:
        raise Says(f"Error response from daemon: No such image: {word[:128]}") from error


def _network(stage: Stage, word: str) -> dict[str, Any]:
    net = stage.network(word)
    record = stage.record(stage.attempt.client.api.inspect_network(net.real))
    record["Internal"] = net.inner
    return record


def _volume(stage: Stage, word: str) -> dict[str, Any]:
    return stage.record(stage.attempt.client.api.inspect_volume(stage.volume(word)))


def port(stage: Stage, call: Call, step: Step) -> int:
    """docker port."""
    record = container(stage, stage.box(step.words[0]))
    wanted = step.words[1] if len(step.words) > 1 else ""
    for inside, bound in sorted((record["NetworkSettings"].get("Ports") or {}).items()):
        for place in bound or ():
            address = f"{place['HostIp']}:{place['HostPort']}"
            if not wanted:
                call.out(f"{inside} -> {address}\n".encode())
            elif inside in {wanted, f"{wanted}/tcp"}:
                call.out(f"{address}\n".encode())
    return 0


def logs(stage: Stage, call: Call, step: Step) -> int:
    """docker logs."""
    if step.on("follow"):
        raise Refused("docker logs --follow never ends while its container runs.", hint="Leave -f out.")
    tail = step.last("tail", "all")
    api = stage.attempt.client.api
    box = stage.box(step.words[0])
    for out in (True, False):
        text = api.logs(
            box.id,
            stdout=out,
            stderr=not out,
            timestamps=step.on("timestamps"),
            tail=int(tail) if tail.isdecimal() else "all",
        )
        (call.out if out else call.err)(text)
    return 0


def version(stage: Stage, call: Call, step: Step) -> int:
    """docker version."""
    known = stage.attempt.client.api.version()
    record = {"Client": {"Version": known["Version"]}, "Server": known}
    form = step.last("format")
    call.out((filled(form, record) if form else f"Version: {known['Version']}").encode() + b"\n")
    return 0


DOERS = {
    "inspect": inspect,
    "container inspect": inspect,
    "image inspect": inspect,
    "network inspect": inspect,
    "volume inspect": inspect,
    "container port": port,
    "container logs": logs,
    "version": version,
}

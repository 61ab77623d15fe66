"""A container as the script asked for it, within the limits, and with nothing of the host in it."""

from __future__ import annotations

import posixpath
from typing import Any, cast

from checkers.building import NotHere
from checkers.command.attached import Joined, Mounted
from checkers.command.conversation import HOME, Call
from checkers.command.flags import RunCommand
from checkers.command.stage import Box, Net, Says, Stage
from checkers.command.words import Refused
from checkers.limits import MIB
from checkers.running import Running
from course.engine.describe import version_number

_TMPFS = 64 * MIB
_SUBPATH_FROM = (26, 0)  # engines that mount a part of a volume (API 1.45)


def make(stage: Stage, call: Call, command: RunCommand) -> Box:
    """The container, not started. Raises Says, Refused, or NotHere."""
    with stage.lock:
        _need_free_name(stage, command.name)
        stage.room_for_one_more("container", stage.boxes)
        nets = _nets(stage, command)
        box = _create(stage, call, command, nets)
        stage.boxes[box.id] = box
        return box


def _need_free_name(stage: Stage, name: str) -> None:
    if len(name) > 255:
        raise Refused(f"A name of {len(name):,} characters is too long.", hint="Give it a short one.")
    for other in stage.boxes.values():
        if name and other.name == name:
            raise Says(
                f'Error response from daemon: Conflict. The container name "/{name}" is already in use by '
                f'container "{other.id}". You have to remove (or rename) that container to be able to reuse '
                "that name."
            )


def _create(stage: Stage, call: Call, command: RunCommand, nets: list[tuple[Net, Joined]] | None) -> Box:
    attempt = stage.attempt
    image = stage.image(command.image)
    nameless: list[str] = []
    mounts = [_mount(stage, call, one, nameless) for one in command.mounts]
    if not command.options.get("volumes_from"):
        mounts += _of_the_image(stage, image, command, nameless)
    options = _limited(stage, command)
    options["volumes_from"] = [_from(stage, word) for word in command.options.get("volumes_from", ())]
    options |= _networking(stage, nets, command)
    if mounts or options["volumes_from"]:
        stage.guard()
    ports: dict[str, list[Any]] = {}
    for one in command.published:
        ports.setdefault(one.inside, []).append((one.ip, None) if one.ip else None)
    real = attempt.own_name()
    stage.called(real, command.name or real)
    with attempt.owns.making():
        container = attempt.client.containers.create(
            image,
            command.command,
            name=real,
            detach=command.detached,
            mounts=cast("Any", mounts),
            ports=ports,
            labels=command.options.get("labels", {}) | attempt.labels,
            **options,
        )
    for net, how in (nets or ())[1:]:
        _connect(stage, net.real, str(container.id), command.name, how)
    if _has_door(command, nets):
        attempt.client.api.connect_container_to_network(str(container.id), stage.door)
    running = Running(attempt.client, container, attempt.limits)
    names = [net.name for net, _ in nets or ()]
    return Box(str(container.id), command.name, real, command, running, names, nameless)


def _limited(stage: Stage, command: RunCommand) -> dict[str, Any]:
    """The script's own limits where they are lower, else ours."""
    ours = stage.attempt.limits.host_config()
    theirs = {
        key: value
        for key, value in command.options.items()
        if key not in {"labels", "volumes_from", "cpu_quota", "cpu_period", "memswap_limit"}
    }
    for key in ("mem_limit", "nano_cpus", "pids_limit"):
        asked = int(theirs.pop(key, 0) or 0)
        if 0 < asked < ours[key]:
            ours[key] = asked
    ours["memswap_limit"] = ours["mem_limit"]
    if "entrypoint" in theirs:  # one program; docker-py would take words apart
        theirs["entrypoint"] = [theirs["entrypoint"]]
    return ours | theirs | {"auto_remove": command.removed and command.detached}


# Networks -------------------------------------------------------------------------------------------


def _nets(stage: Stage, command: RunCommand) -> list[tuple[Net, Joined]] | None:
    """The networks that it is in from the start; None for none at all."""
    wanted = [one if one.network else Joined("bridge", one.aliases, one.ip) for one in command.joined]
    wanted = wanted or [Joined("bridge")]
    if any(one.network == "none" for one in wanted):
        return None
    for one in wanted:
        if one.network == "host" or one.network.startswith("container:"):
            raise Refused(
                f"--network {one.network[:60]} gives up the container's own network.",
                hint="docker network create makes one for the task.",
            )
    found = [(stage.network(one.network), one) for one in wanted]
    for net, how in found:
        if net.default and (how.aliases or how.ip):
            raise Says(
                "Error response from daemon: network-scoped aliases and addresses are only supported for "
                "user-defined networks"
            )
    return found


def _networking(stage: Stage, nets: list[tuple[Net, Joined]] | None, command: RunCommand) -> dict[str, Any]:
    if nets is None:
        return {"network_mode": "none"}
    net, how = nets[0]
    endpoint = stage.attempt.client.api.create_endpoint_config(**_endpoint(net.default, command.name, how))
    return {"network": net.real, "networking_config": {net.real: endpoint}}


def _endpoint(default: bool, name: str, how: Joined) -> dict[str, Any]:
    # On the default bridge names don't resolve; elsewhere a container's own name does.
    names = [] if default else [one for one in (name, *how.aliases) if one]
    return {"aliases": names or None, "ipv4_address": how.ip or None}


def _connect(stage: Stage, real: str, container: str, name: str, how: Joined) -> None:
    stage.attempt.client.api.connect_container_to_network(container, real, **_endpoint(False, name, how))


def _has_door(command: RunCommand, nets: list[tuple[Net, Joined]] | None) -> bool:
    """A network without a way out publishes nothing, and all of ours are such: a door is added, where the
    script's own networks would have had one."""
    wanted = command.published or command.options.get("publish_all_ports")
    return bool(wanted and nets and not all(net.inner for net, _ in nets))


# Folders --------------------------------------------------------------------------------------------


def _mount(stage: Stage, call: Call, one: Mounted, nameless: list[str]) -> dict[str, Any]:
    if one.kind == "tmpfs":
        return {"Type": "tmpfs", "Target": one.target, "TmpfsOptions": {"SizeBytes": _TMPFS}}
    if one.kind == "bind":
        return _bind(stage, call, one)
    real = stage.new_volume(one.source)
    if not one.source:
        nameless.append(real)
    return {"Type": "volume", "Source": real, "Target": one.target, "ReadOnly": one.read_only}


def _bind(stage: Stage, call: Call, one: Mounted) -> dict[str, Any]:
    """The learner's folder is a volume that holds their copy: the engine may be on another machine."""
    path = posixpath.normpath(posixpath.join(call.folder, one.source))
    if path.endswith("docker.sock"):
        raise Refused(
            "The engine's socket in a container is the whole machine in its hands.",
            hint="The task needs no socket.",
        )
    if path != HOME and not path.startswith(f"{HOME}/"):
        raise Refused(
            f"{one.source[:60]} is a folder of the host, outside of this exercise.",
            hint='Mount the exercise\'s own folder, or one in it: -v "$PWD/backup":/backup',
        )
    inside = posixpath.relpath(path, HOME)
    options: dict[str, Any] = {"NoCopy": True}
    if inside != ".":
        version = str(stage.attempt.info.get("ServerVersion", ""))
        if version_number(version) < _SUBPATH_FROM:
            raise NotHere(
                f"This engine ({version}) mounts only the whole folder of an exercise for a check, not "
                f"{inside[:60]} in it. That needs Docker 26.",
                hint="Your answer wasn't looked at. Check it on a newer engine.",
            )
        options["Subpath"] = inside
        call.make_folder(path)
    return {
        "Type": "volume",
        "Source": stage.work,
        "Target": one.target,
        "ReadOnly": one.read_only,
        "VolumeOptions": options,
    }


def _of_the_image(stage: Stage, image: str, command: RunCommand, nameless: list[str]) -> list[dict[str, Any]]:
    """Volumes that the image asks for. The engine would make them without our labels."""
    config = stage.attempt.client.images.get(image).attrs["Config"] or {}
    covered = {posixpath.normpath(one.target) for one in command.mounts}
    found = []
    for target in config.get("Volumes") or ():
        if posixpath.normpath(target) not in covered:
            nameless.append(stage.new_volume())
            found.append({"Type": "volume", "Source": nameless[-1], "Target": target})
    return found


def _from(stage: Stage, word: str) -> str:
    name, colon, mode = word.partition(":")
    return f"{stage.box(name).real}{colon}{mode}"

"""What a script's container may be: the body of POST /containers/create, made anew from what is known to
stay inside it. Nothing else is passed on, whatever the docker CLI or a handwritten request says; what would
reach past the container is refused by the option's name.

Fields: docs.docker.com/reference/api/engine, ContainerCreate.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any

from checkers.limits import Limits
from checkers.running import WrongAnswer
from checkers.session.names import BRIDGE, Names

FOLDER = "/answer"
"""Where the script finds the learner's folder, and runs."""
Json = dict[str, Any]


class Refused(WrongAnswer):
    """The script asks for what no answer needs and no check does. `pattern` finds its line."""

    def __init__(
        self, option: str, why: str, hint: str = "Leave it out. Ask for no more than is needed."
    ) -> None:
        super().__init__(f"{option} is not for this task: {why}.", hint=hint)
        self.option = option
        self.file = ""
        self.line: int | None = None


_CONFIG = (
    "Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "ExposedPorts", "Tty",
    "OpenStdin", "StdinOnce", "Env", "Cmd", "Entrypoint", "Healthcheck", "WorkingDir", "Labels", "StopSignal",
    "StopTimeout", "Volumes",
)  # fmt: skip
_HOST = (
    "RestartPolicy", "AutoRemove", "CapDrop", "Dns", "DnsOptions", "DnsSearch", "ExtraHosts", "GroupAdd",
    "PublishAllPorts", "ReadonlyRootfs", "Tmpfs", "Init", "CpuShares", "ConsoleSize",
)  # fmt: skip
_PRIVATE = ("", "private", "none", "shareable")
# The field, the option that sets it, what it would do, and the values that are harmless.
_REFUSED: tuple[tuple[str, str, str, tuple[Any, ...]], ...] = (
    ("Privileged", "--privileged", "it gives the container the whole machine", (False,)),
    ("CapAdd", "--cap-add", "it gives the container further rights on the machine", ()),
    ("Devices", "--device", "it hands a device of the machine over", ()),
    ("DeviceRequests", "--gpus", "it hands a device of the machine over", ()),
    ("DeviceCgroupRules", "--device-cgroup-rule", "it hands devices of the machine over", ()),
    ("PidMode", "--pid", "it shows the container other processes", ("private",)),
    ("IpcMode", "--ipc", "it shares memory with others", _PRIVATE),
    ("UTSMode", "--uts", "it shares the machine's name", ("private",)),
    ("UsernsMode", "--userns", "it gives up the container's own users", ("private",)),
    ("CgroupnsMode", "--cgroupns", "it shows the container other limits", ("private",)),
    ("CgroupParent", "--cgroup-parent", "it puts the container beneath other limits", ()),
    ("Cgroup", "--cgroup", "it puts the container beneath other limits", ()),
    ("Runtime", "--runtime", "it chooses what runs the container", ("runc",)),
    ("SecurityOpt", "--security-opt", "it changes the container's protection", (["no-new-privileges"],)),
    ("Sysctls", "--sysctl", "it changes the kernel's settings", ()),
    ("OomKillDisable", "--oom-kill-disable", "a container over its limit would hang", (False,)),
    ("VolumeDriver", "--volume-driver", "only local volumes are here", ("local",)),
    ("MaskedPaths", "--security-opt", "it changes the container's protection", (None,)),
    ("ReadonlyPaths", "--security-opt", "it changes the container's protection", (None,)),
)
_EVERYWHERE = ("", "0.0.0.0")  # noqa: S104  what a script may ask for
_MODES = {"ro", "rw", "z", "Z", "nocopy"}


class Bodies:
    """Makes bodies. `work` is the volume that holds the learner's folder."""

    def __init__(self, names: Names, limits: Limits, work: str, labels: Mapping[str, str]) -> None:
        self.names, self.limits, self.work, self.labels = names, limits, work, dict(labels)

    def container(
        self,
        asked: Json,
        name: str,
        network: Callable[[str], str],
        volume: Callable[[str], object],
        folder: Callable[[str], object],
    ) -> Json:
        """The body for the engine. `network(name)` gives a network's real name, `volume(name)` makes a named
        volume if there is none, `folder(path)` makes a folder in the learner's. Raises Refused."""
        host = dict(asked.get("HostConfig") or {})
        for key, option, why, harmless in _REFUSED:
            value = host.get(key)
            if (value or (value == [] and None in harmless)) and value not in harmless:
                raise Refused(option, why)
        image = self.names.image(str(asked.get("Image") or ""))
        if image is None:
            raise Refused(
                f"The image {asked.get('Image')}",
                "a check runs only the images that the task names",
                "Use the image of the task.",
            )
        body = {key: asked[key] for key in _CONFIG if asked.get(key) is not None}
        body["Image"] = image
        body["Labels"] = {**(asked.get("Labels") or {}), **self.labels}
        mode, endpoints = self.networks(asked, host, name, network)
        body["HostConfig"] = {
            **{key: host[key] for key in _HOST if host.get(key) is not None},
            **self.limited(host),
            "NetworkMode": mode,
            "PortBindings": ports(host.get("PortBindings") or {}),
            "Mounts": [
                *self.binds(host.get("Binds") or [], volume, folder),
                *(self.mount(one, volume) for one in host.get("Mounts") or ()),
            ],
            "VolumesFrom": [self.volumes_from(one) for one in host.get("VolumesFrom") or ()],
        }
        body["NetworkingConfig"] = {"EndpointsConfig": endpoints}
        return body

    def limited(self, host: Json) -> Json:
        """The limits: the script's where they are narrower, and ours."""
        ours = self.limits
        memory = min(int(host.get("Memory") or ours.memory), ours.memory)
        pids = int(host.get("PidsLimit") or 0)
        return {
            "Memory": memory,
            "MemorySwap": memory,
            "NanoCpus": min(int(host.get("NanoCpus") or ours.cpus * 1e9), int(ours.cpus * 1e9)),
            "PidsLimit": min(pids, ours.pids) if pids > 0 else ours.pids,
            "Ulimits": ours.ulimits(),
            "LogConfig": ours.host_config()["log_config"],
            "SecurityOpt": ours.host_config()["security_opt"],
        }

    # Networks ---------------------------------------------------------------------------------------

    def networks(self, asked: Json, host: Json, name: str, network: Callable[[str], str]) -> tuple[str, Json]:
        """Its network mode, and its place in each network."""
        mode = str(host.get("NetworkMode") or "default")
        kind, _, other = mode.partition(":")
        if mode == "host":
            raise Refused("--network host", "it gives up the container's own network")
        if mode == "none":
            return mode, {}
        if kind == "container":
            return f"container:{self.names.find('container', other)}", {}
        places = dict((asked.get("NetworkingConfig") or {}).get("EndpointsConfig") or {})
        if mode == "default" and not places:
            mode = BRIDGE
        mode = BRIDGE if mode == "default" else mode
        places.setdefault(mode, {})
        links = [*(host.get("Links") or ())]
        found = {
            network(one): self.endpoint(place or {}, one, name, links)
            for one, place in places.items()
            if one != "default"
        }
        return network(mode), found

    def endpoint(self, place: Json, network: str, name: str, links: list[str] | None = None) -> Json:
        """A container's place in a network. Its name is an alias there, as names resolve on a network that
        somebody made, and not on the default bridge."""
        aliases = [] if network == BRIDGE else [*(place.get("Aliases") or ()), name]
        linked = [self.link(one) for one in (*(place.get("Links") or ()), *(links or ()))]
        return {"Aliases": list(dict.fromkeys(aliases)), **({"Links": linked} if linked else {})}

    def link(self, text: str) -> str:
        """--link NAME:ALIAS."""
        name, _, alias = text.partition(":")
        return f"{self.names.find('container', name)}:{alias.rpartition('/')[2] or name}"

    # Files ------------------------------------------------------------------------------------------

    def binds(
        self, asked: list[str], volume: Callable[[str], object], folder: Callable[[str], object]
    ) -> list[Json]:
        """-v SOURCE:TARGET[:OPTIONS]."""
        found = []
        for text in asked:
            source, _, rest = text.partition(":")
            target, _, options = rest.partition(":")
            words = set(filter(None, options.split(",")))
            if words - _MODES:
                raise Refused(
                    f"-v {text}", f"the options {', '.join(sorted(words - _MODES))} are unknown here"
                )
            if source.startswith("/"):
                folder(source)
                one = self.own_folder(source, f"-v {source}")
            else:
                volume(source)
                one = {"Type": "volume", "Source": self.names.real(source)}
                one["VolumeOptions"] = {"NoCopy": "nocopy" in words}
            found.append({**one, "Target": target, "ReadOnly": "ro" in words})
        return found

    def mount(self, asked: Json, volume: Callable[[str], object]) -> Json:
        """--mount."""
        kind, source = asked.get("Type"), str(asked.get("Source") or "")
        one: Json = {"Target": str(asked.get("Target")), "ReadOnly": bool(asked.get("ReadOnly"))}
        options = asked.get("VolumeOptions") or {}
        if kind == "tmpfs":
            return {**one, "Type": "tmpfs"}
        if kind == "bind":
            return {**one, **self.own_folder(source, f"--mount type=bind,source={source}")}
        if kind != "volume" or (options.get("DriverConfig") or {}).get("Options"):
            raise Refused(f"--mount type={kind}", "it could reach files of the machine")
        if not source:
            return {**one, "Type": "volume"}
        volume(source)
        kept = {key: options[key] for key in ("NoCopy", "Subpath") if options.get(key)}
        return {**one, "Type": "volume", "Source": self.names.real(source), "VolumeOptions": kept}

    def own_folder(self, path: str, said: str) -> Json:
        """A path of the machine: the learner's folder, or something in it, which a volume holds."""
        inside = inside_folder(path)
        if inside is None:
            raise Refused(
                said,
                "it opens files of the machine to the container",
                'The folder of your script is "$PWD", and nothing else is needed.',
            )
        options = {"VolumeOptions": {"Subpath": inside}} if inside else {}
        return {"Type": "volume", "Source": self.work, **options}

    def volumes_from(self, text: str) -> str:
        """--volumes-from NAME[:ro]."""
        name, colon, mode = text.partition(":")
        return self.names.find("container", name) + colon + mode


def inside_folder(path: str) -> str | None:
    """Where in the learner's folder a path is, "" for the folder; None for a path outside of it."""
    path = posixpath.normpath(path)
    if path == FOLDER:
        return ""
    return path.removeprefix(f"{FOLDER}/") if path.startswith(f"{FOLDER}/") else None


def ports(asked: Json) -> Json:
    """The same ports at the same addresses, and any free port of the machine: the one asked for may be taken,
    by a check beside this one, or by the learner. The engine gives all addresses of one port the same
    number, so that each is named once, and none beside the one that means all."""
    found: Json = {}
    for inside, places in asked.items():
        if re.fullmatch(r"\d+(/(tcp|udp|sctp))?", inside):
            wanted: list[Json] = places or [{}]
            addresses = [str(one.get("HostIp") or "") for one in wanted]
            everywhere = [one for one in addresses if one in _EVERYWHERE][:1]
            found[inside] = [
                {"HostIp": one, "HostPort": ""} for one in everywhere or dict.fromkeys(addresses)
            ]
    return found

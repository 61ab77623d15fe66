"""What a check doesn't carry out of a Compose project: judged on what Compose made of it, key by key.

A key that isn't known here is refused, not passed on: the next version of Compose may start programs by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkers.attempt import Attempt
from checkers.compose.lines import place
from checkers.compose.reach import Refused
from checkers.compose.resolved import Config
from checkers.limits import Limits

# Docker's own set: each container has these (moby, oci/caps/defaults.go).
_USUAL = {
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
    *("NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
}
# Carried out as they are, or rewritten by `tamed`.
_KNOWN = {
    *("attach", "build", "cap_add", "cap_drop", "command", "configs", "container_name", "cpu_count"),
    *("cpu_percent", "cpu_period", "cpu_quota", "cpu_shares", "cpus", "cpuset", "depends_on", "deploy"),
    *("develop", "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "environment", "env_file"),
    *("expose", "extra_hosts", "group_add", "healthcheck", "hostname", "image", "init", "ipc", "label_file"),
    *("labels", "links", "logging", "mac_address", "mem_limit", "mem_reservation", "mem_swappiness"),
    *("memswap_limit", "network_mode", "networks", "pid", "pids_limit", "platform", "ports", "post_start"),
    *("pre_stop", "profiles", "pull_policy", "pull_refresh_after", "read_only", "restart", "scale"),
    *("secrets", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "sysctls"),
    *("tmpfs", "tty", "ulimits", "user", "volumes", "volumes_from", "working_dir", "cgroup", "uts"),
}
_WHY = {
    "privileged": "it gives a container the whole machine",
    "devices": "it gives a container devices of the machine",
    "device_cgroup_rules": "it gives a container devices of the machine",
    "gpus": "it gives a container devices of the machine",
    "cgroup_parent": "it leads out of the limits that a check sets",
    "userns_mode": "it takes away what separates the container's root from the machine's",
    "use_api_socket": "who has the engine's socket has the whole machine",
    "provider": "it runs a program on the machine",
    "external_links": "they lead to containers of others",
    "oom_kill_disable": "it leads out of the limits that a check sets",
    "oom_score_adj": "it leads out of the limits that a check sets",
}
_BUILD = {
    *("context", "dockerfile", "dockerfile_inline", "args", "target", "labels", "tags", "cache_from"),
    *("cache_to", "no_cache", "pull", "shm_size"),
}
_NAMESPACES = {"network_mode": {"none"}, "pid": set[str](), "ipc": {"none", "private", "shareable"}}
_ADDRESSES = {"ipv4_address", "ipv6_address", "link_local_ips", "mac_address", "driver_opts"}
_TOP = {"name", "services", "networks", "volumes", "configs", "secrets"}


@dataclass(frozen=True)
class Refusal:
    """One thing that isn't carried out: where it stands, and why not."""

    keys: tuple[str, ...]
    why: str

    @property
    def message(self) -> str:
        """In a sentence."""
        name = ".".join(self.keys)
        return f"{name} isn't carried out by a check: {self.why}."


def check(attempt: Attempt, config: Config, *, capabilities: frozenset[str] = frozenset()) -> None:
    """Raises Refused for the first that there is. `capabilities`: what an exercise allows to be added."""
    for found in refusals(config, attempt.folder, attempt.limits, capabilities):
        where = place(attempt, *found.keys)
        raise Refused(found.message, file=where.get("file", ""), line=where.get("line"))


def refusals(
    config: Config, folder: Path, limits: Limits, capabilities: frozenset[str] = frozenset()
) -> Iterator[Refusal]:
    """All that isn't carried out of a resolved project whose files are in `folder`."""
    for key in config:
        if key not in _TOP and not key.startswith("x-") and config[key]:
            yield Refusal((key,), "a check doesn't know it")
    services: dict[str, Any] = config["services"]
    yield from _counts(config, limits)
    for name, service in services.items():
        for found in _service(service, services, folder, capabilities):
            yield Refusal(("services", name, *found.keys), found.why)
    for kind in ("networks", "volumes", "configs", "secrets"):
        for name, one in (config.get(kind) or {}).items():
            for found in _shared(kind, one or {}, folder):
                yield Refusal((kind, name, *found.keys), found.why)


def _counts(config: Config, limits: Limits) -> Iterator[Refusal]:
    containers = 0
    for name, service in config["services"].items():
        containers += replicas(service)
        if containers > limits.containers:
            yield Refusal(("services", name), f"a check allows {limits.containers} containers in all")
            return
    for kind, most in (("networks", limits.networks), ("volumes", limits.volumes)):
        if len(config.get(kind) or ()) > most:
            yield Refusal((kind,), f"a check allows {most} of them")


def replicas(service: Config) -> int:
    """How many containers of a service there are to be."""
    asked = service.get("scale", (service.get("deploy") or {}).get("replicas"))
    return 1 if asked is None else int(asked)


def _service(
    service: Config, services: Config, folder: Path, capabilities: frozenset[str]
) -> Iterator[Refusal]:
    for key, value in service.items():
        if not value:
            continue  # false, nothing, an empty list
        if key not in _KNOWN and not key.startswith("x-"):
            yield Refusal((key,), _WHY.get(key, "a check doesn't know it"))
        if key in _NAMESPACES:
            yield from _namespace(key, str(value), services)
        if key in {"cgroup", "uts"} and value != "private":
            yield Refusal((key,), "it shares the machine's own")
    for one in service.get("cap_add") or ():
        name = str(one).upper().removeprefix("CAP_")
        if name not in _USUAL | capabilities:
            yield Refusal(("cap_add",), f"{one} gives a container more power than this exercise needs")
    for one in service.get("security_opt") or ():
        if str(one).replace("=", ":") not in {"no-new-privileges", "no-new-privileges:true"}:
            yield Refusal(("security_opt",), f"{one} takes protection away")
    for key in service.get("sysctls") or ():
        if not str(key).partition("=")[0].startswith("net."):
            yield Refusal(("sysctls",), f"{key} is none of the container's network")
    for hook in ("post_start", "pre_stop"):
        if any(one.get("privileged") for one in service.get(hook) or ()):
            yield Refusal((hook,), _WHY["privileged"])
    for one in service.get("volumes_from") or ():
        if str(one).split(":")[0] not in services:
            yield Refusal(("volumes_from",), "it takes the files of others' containers")
    if ((service.get("deploy") or {}).get("resources") or {}).get("reservations", {}).get("devices"):
        yield Refusal(("deploy",), _WHY["devices"])
    for one in service.get("volumes") or ():
        yield from _mount(one, folder)
    yield from _networks(service)
    yield from _build(service.get("build") or {}, folder)


def _namespace(key: str, value: str, services: Config) -> Iterator[Refusal]:
    if value in _NAMESPACES[key]:
        return
    kind, _, name = value.partition(":")
    if kind == "service" and name in services:
        return
    yield Refusal((key,), f"{value} leads out of the project, to the machine or to others' containers")


def _mount(mount: Config, folder: Path) -> Iterator[Refusal]:
    kind, source = mount.get("type"), str(mount.get("source") or "")
    if kind == "bind" and not _within(source, folder):
        why = "a mount from outside the project's folder gives a container files of the machine"
        yield Refusal(("volumes",), f"{source}: {why}")
    elif kind == "bind" and (mount.get("bind") or {}).get("propagation"):
        yield Refusal(("volumes",), "mounts that are passed on between machine and container")
    elif kind not in {"bind", "volume", "tmpfs"}:
        yield Refusal(("volumes",), f"a mount of type {kind}")


def _networks(service: Config) -> Iterator[Refusal]:
    for name, one in (service.get("networks") or {}).items():
        if (one or {}).keys() & _ADDRESSES:
            why = "addresses are given by the engine, each time others; services find each other by name"
            yield Refusal(("networks", name), why)


def _build(build: Config, folder: Path) -> Iterator[Refusal]:
    for key, value in build.items():
        if value and key not in _BUILD and not key.startswith("x-"):
            yield Refusal(("build", key), "a check builds from the project's own folder, without it")
    context = str(build.get("context") or folder)
    if build and not _within(context, folder):
        yield Refusal(("build",), f"the context {context} is not in the project's folder")
    elif build and not _within(str(Path(context) / (build.get("dockerfile") or "Dockerfile")), Path(context)):
        yield Refusal(("build", "dockerfile"), "it is not in its build context")


def _shared(kind: str, one: Config, folder: Path) -> Iterator[Refusal]:
    """Of a network, volume, config or secret of the project."""
    if one.get("external"):
        yield Refusal(("external",), f"{kind} of others are none of the project's")
    if kind in {"networks", "volumes"}:
        wanted = {"networks": {"bridge", "default", ""}, "volumes": {"local", "default", ""}}[kind]
        if str(one.get("driver") or "") not in wanted:
            yield Refusal(("driver",), f"a check offers {sorted(wanted)[1]} only")
    if one.get("driver_opts"):
        yield Refusal(("driver_opts",), "options of a driver can lead to the machine's own files")
    if (one.get("ipam") or {}).get("config"):
        yield Refusal(("ipam",), "the engine gives out the addresses; fixed ones collide with others'")
    if one.get("file") and not _within(str(one["file"]), folder):
        yield Refusal(("file",), f"{one['file']} is not in the project's folder")
    if one.get("template_driver"):
        yield Refusal(("template_driver",), "a check doesn't know it")


def _within(path: str, folder: Path) -> bool:
    """Whether a path is the folder or in it, links followed. A URL is not."""
    root = folder.resolve()
    return Path(path).is_absolute() and Path(path).resolve().is_relative_to(root)

"""The flags of `docker create` (and `docker run`) from the body of POST /containers/create."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from course.engine.labels import PREFIX

Json = Mapping[str, Any]

# Key in the body, or "HostConfig.key", and its flag.
_BARE = (
    ("OpenStdin", "-i"),
    ("Tty", "-t"),
    ("HostConfig.AutoRemove", "--rm"),
    ("HostConfig.Init", "--init"),
    ("HostConfig.Privileged", "--privileged"),
    ("HostConfig.ReadonlyRootfs", "--read-only"),
    ("HostConfig.PublishAllPorts", "-P"),
    ("HostConfig.OomKillDisable", "--oom-kill-disable"),
)
_VALUES: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("Hostname", "--hostname", str),
    ("User", "-u", str),
    ("WorkingDir", "-w", str),
    ("StopSignal", "--stop-signal", str),
    ("StopTimeout", "--stop-timeout", str),
    ("HostConfig.Memory", "-m", lambda value: _memory(value)),
    ("HostConfig.MemorySwap", "--memory-swap", lambda value: _memory(value)),
    ("HostConfig.MemoryReservation", "--memory-reservation", lambda value: _memory(value)),
    ("HostConfig.NanoCpus", "--cpus", lambda value: f"{value / 1e9:g}"),
    ("HostConfig.CpuShares", "--cpu-shares", str),
    ("HostConfig.CpuPeriod", "--cpu-period", str),
    ("HostConfig.CpuQuota", "--cpu-quota", str),
    ("HostConfig.CpusetCpus", "--cpuset-cpus", str),
    ("HostConfig.PidsLimit", "--pids-limit", str),
    ("HostConfig.ShmSize", "--shm-size", lambda value: _memory(value)),
    ("HostConfig.Runtime", "--runtime", str),
    ("HostConfig.PidMode", "--pid", str),
    ("HostConfig.UTSMode", "--uts", str),
    ("HostConfig.UsernsMode", "--userns", str),
)
_REPEATED = (
    ("Env", "-e"),
    ("HostConfig.Binds", "-v"),
    ("HostConfig.VolumesFrom", "--volumes-from"),
    ("HostConfig.CapAdd", "--cap-add"),
    ("HostConfig.CapDrop", "--cap-drop"),
    ("HostConfig.SecurityOpt", "--security-opt"),
    ("HostConfig.Dns", "--dns"),
    ("HostConfig.ExtraHosts", "--add-host"),
    ("HostConfig.GroupAdd", "--group-add"),
)
_NO_NETWORK_FLAG = ("", "default", "bridge")


def create_words(body: Json, name: str = "", platform: str = "") -> Iterator[str]:
    """Flags, image and command, in the order in which one would write them."""
    if name:
        yield from ("--name", name)
    if platform:
        yield from ("--platform", platform)
    for key, flag in _BARE:
        if _at(body, key):
            yield flag
    for key, flag, text in _VALUES:
        if value := _at(body, key):
            yield from (flag, text(value))
    yield from _ports(body)
    yield from _network(body)
    for key, flag in _REPEATED:
        for value in _at(body, key) or ():
            yield from (flag, value)
    yield from _storage(body)
    yield from _restart(body)
    yield from _health(body.get("Healthcheck") or {})
    yield from label_words(body)
    yield from _image_and_command(body)


def label_words(body: Json) -> Iterator[str]:
    """`--label` for each label, without those of the course and of Compose."""
    for key, value in (body.get("Labels") or {}).items():
        if not key.startswith((PREFIX, "com.docker.compose.", "desktop.docker.io/")):
            yield from ("--label", f"{key}={value}" if value else key)


def _at(body: Json, key: str) -> Any:
    first, _, rest = key.partition(".")
    value = body.get(first)
    return (value or {}).get(rest) if rest else value


def _ports(body: Json) -> Iterator[str]:
    for port, bindings in (_at(body, "HostConfig.PortBindings") or {}).items():
        inside = port.removesuffix("/tcp")
        for binding in bindings or [{}]:
            address, outside = binding.get("HostIp") or "", binding.get("HostPort") or ""
            outside = "" if outside == "0" else outside
            host = f"{address}:{outside}:" if address else f"{outside}:" if outside else ""
            yield from ("-p", f"{host}{inside}")


def _network(body: Json) -> Iterator[str]:
    mode = _at(body, "HostConfig.NetworkMode") or ""
    if mode not in _NO_NETWORK_FLAG:
        yield from ("--network", mode)
    endpoint = ((_at(body, "NetworkingConfig.EndpointsConfig") or {}).get(mode)) or {}
    for alias in endpoint.get("Aliases") or ():
        yield from ("--network-alias", alias)


def _storage(body: Json) -> Iterator[str]:
    for path in body.get("Volumes") or {}:
        yield from ("-v", path)
    for path, options in (_at(body, "HostConfig.Tmpfs") or {}).items():
        yield from ("--tmpfs", f"{path}:{options}" if options else path)
    for mount in _at(body, "HostConfig.Mounts") or ():
        parts = [f"type={mount.get('Type', 'volume')}"]
        parts += [f"source={mount['Source']}"] if mount.get("Source") else []
        parts += [f"target={mount.get('Target', '')}"]
        parts += ["readonly"] if mount.get("ReadOnly") else []
        yield from ("--mount", ",".join(parts))


def _restart(body: Json) -> Iterator[str]:
    policy = _at(body, "HostConfig.RestartPolicy") or {}
    name, tries = policy.get("Name") or "no", policy.get("MaximumRetryCount") or 0
    if name != "no":
        yield from ("--restart", f"{name}:{tries}" if tries else name)


def _health(check: Json) -> Iterator[str]:
    test = check.get("Test") or []
    if test == ["NONE"]:
        yield "--no-healthcheck"
    elif test:
        command = test[1] if test[0] == "CMD-SHELL" else shlex.join(test[1:])
        yield from ("--health-cmd", command)
    for key, flag in (
        ("Interval", "--health-interval"),
        ("Timeout", "--health-timeout"),
        ("StartPeriod", "--health-start-period"),
        ("StartInterval", "--health-start-interval"),
    ):
        if value := check.get(key):
            yield from (flag, f"{value / 1e9:g}s")
    if check.get("Retries"):
        yield from ("--health-retries", str(check["Retries"]))


def _image_and_command(body: Json) -> Iterator[str]:
    entrypoint, command = _words(body.get("Entrypoint")), _words(body.get("Cmd"))
    if entrypoint:
        # The command line takes one word there; the others come before the arguments.
        yield from ("--entrypoint", entrypoint[0])
    yield body["Image"].removeprefix("docker.io/library/")
    yield from (*entrypoint[1:], *command)


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _memory(value: int) -> str:
    for unit, size in (("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10)):
        if value > 0 and value % size == 0:
            return f"{value // size}{unit}"
    return str(value)

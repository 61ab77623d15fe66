"""A resolved project, rewritten so that it harms and meets nobody: what a check gives to `docker compose up`.

Names, networks and volumes are the attempt's own; nothing is published; each container has the limits. What
a learner sees of the project stays: who depends on whom, networks, mounts, commands, variables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from checkers.attempt import Attempt
from checkers.compose.durations import seconds, written
from checkers.compose.images import Image
from checkers.compose.refused import replicas
from checkers.compose.resolved import Config
from checkers.compose.volumes import Seeds, named, nameless
from checkers.limits import Limits
from course.engine.describe import version_number
from course.engine.labels import made

# As the learner wrote it. All else is either replaced below, or means nothing in a check.
_KEPT = (
    *("cap_add", "cap_drop", "command", "configs", "depends_on", "dns", "dns_opt", "dns_search"),
    *("domainname", "entrypoint", "environment", "expose", "extra_hosts", "group_add", "hostname", "init"),
    *("ipc", "links", "network_mode", "networks", "pid", "platform", "post_start", "pre_stop", "read_only"),
    *("secrets", "shm_size", "stdin_open", "stop_signal", "sysctls", "tmpfs", "tty", "user"),
    *("volumes_from", "working_dir"),
)
_INTERVAL = 0.5  # seconds between two looks of a health check at a start; a learner's may be a minute
_STEADY = 2.0  # at most, from then on: each look is a process, and takes CPU from what else is looked at
_TRIES = 3  # Docker's own, and its interval and timeout below
_USUAL_INTERVAL = _USUAL_TIMEOUT = 30.0
_STOP = 10.0  # Docker's own, and the longest here


@dataclass(frozen=True)
class Published:
    """A port of a service that the project publishes on the host."""

    service: str
    target: int
    port: str  # on the host; "" for whichever is free
    address: str  # "" for all

    def __str__(self) -> str:
        return f"{self.address or '0.0.0.0'}:{self.port or '(any)'} → {self.service}:{self.target}"  # noqa: S104


def published(config: Config) -> tuple[Published, ...]:
    """All ports that a resolved project publishes."""
    return tuple(
        Published(
            name, int(one["target"]), str(one.get("published") or ""), _address(str(one.get("host_ip") or ""))
        )
        for name, service in config["services"].items()
        for one in service.get("ports") or ()
    )


def _address(address: str) -> str:
    return "" if address in {"0.0.0.0", "::", "[::]"} else address  # noqa: S104


def tamed(
    attempt: Attempt,
    config: Config,
    images: dict[str, Image],
    seeds: Seeds,
    turn: int,
) -> Config:
    """The project for its `turn`-th `up`."""
    marks = attempt.marks
    new = version_number(str(attempt.info.get("ServerVersion", ""))) >= (25, 0)
    services: Config = {}
    volumes: Config = {name: {"labels": made("volume") | marks} for name in config.get("volumes") or ()}
    for name, service in config["services"].items():
        mounts = seeds.mounts({"volumes": named(service)})
        for number, path in enumerate(nameless(service, images[name])):
            own = f"nameless-{turn}-{len(services)}-{number}"
            volumes[own] = {"labels": made("volume") | marks}
            mounts.append({"type": "volume", "source": own, "target": path})
        services[name] = _service(service, images[name], attempt.limits, new=new) | {
            "volumes": mounts,
            "labels": {**_labels(service), **made("container"), **marks},
        }
    # The project has no name of its own for these: they stay when it goes.
    outside: dict[str, Any] = {name: {"external": True, "name": name} for name in seeds.names}
    networks = {
        name: {"internal": True, "labels": made("network") | marks} for name in config.get("networks") or ()
    }
    files = {kind: {name: _file(one) for name, one in (config.get(kind) or {}).items()} for kind in _FILES}
    return {"services": services, "networks": networks, "volumes": volumes | outside, **files}


_FILES = ("configs", "secrets")


def _file(one: Config) -> Config:
    return {key: value for key, value in one.items() if key in {"file", "content", "environment"}}


def _labels(service: Config) -> dict[str, str]:
    return {str(key): str(value) for key, value in (service.get("labels") or {}).items()}


def _service(service: Config, image: Image, limits: Limits, *, new: bool) -> Config:
    kept = {key: service[key] for key in _KEPT if service.get(key) is not None}
    return {
        **kept,
        "image": image.tag,
        "pull_policy": "never",
        **_amounts(service, limits),
        "restart": _restart(service, limits),
        "healthcheck": health_check(service, image, new=new),
        "stop_grace_period": written(min(seconds(str(service.get("stop_grace_period") or "10s")), _STOP)),
        "scale": replicas(service),
    }


def _amounts(service: Config, limits: Limits) -> Config:
    """What it may use: the limits, or less where the learner says so."""
    asked = ((service.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    memory = _least(limits.memory, asked.get("memory"), service.get("mem_limit"))
    return {
        "mem_limit": str(int(memory)),
        "memswap_limit": str(int(memory)),
        "cpus": _least(limits.cpus, asked.get("cpus"), service.get("cpus")),
        "pids_limit": int(_least(limits.pids, asked.get("pids"), service.get("pids_limit"))),
        "ulimits": {one["Name"]: {"soft": one["Soft"], "hard": one["Hard"]} for one in limits.ulimits()},
        "logging": {"driver": "json-file", "options": limits.log_options()},
        "security_opt": ["no-new-privileges:true"],
    }


def _least(limit: float, *asked: object) -> float:
    """The smallest of the limit and what is asked for; nothing, 0 and -1 ask for no limit."""
    return min([limit, *(float(str(one)) for one in asked if one and float(str(one)) > 0)])


def _restart(service: Config, limits: Limits) -> str:
    """What brings a container back when it ends, a few times: an app that waits for its database like that
    gets its chance, and a crash without end has an end."""
    policy = str(service.get("restart") or "")
    if not policy and (told := (service.get("deploy") or {}).get("restart_policy")):
        policy = {"none": "no", "on-failure": "on-failure"}.get(str(told.get("condition") or "any"), "always")
    kind, _, count = policy.partition(":")
    if kind in {"", "no"}:
        return "no"
    return f"on-failure:{min(int(count or limits.restarts), limits.restarts) or limits.restarts}"


def health_check(service: Config, image: Image, *, new: bool) -> Config:
    """The health check as the learner has it, but looked at more often until it succeeds, and for as long as
    before: where an engine has an interval for the start, failures of that time don't count; on an older one
    the same time is had in more tries."""
    own: Config = dict(service.get("healthcheck") or {})
    of_image = image.config.get("Healthcheck") or {}
    if own.get("disable") or not (own.get("test") or of_image.get("Test")):
        return {"disable": True} if own.get("disable") else {}
    interval = _time(own.get("interval"), of_image.get("Interval"), _USUAL_INTERVAL)
    tries = int(own.get("retries") or of_image.get("Retries") or _TRIES)
    quick = min(interval, _INTERVAL)
    found: Config = {
        "interval": written(quick),
        "timeout": written(_time(own.get("timeout"), of_image.get("Timeout"), _USUAL_TIMEOUT)),
        "retries": math.ceil(tries * interval / quick),
    }
    if own.get("test"):
        found["test"] = own["test"]
    start = _time(own.get("start_period"), of_image.get("StartPeriod"), 0.0)
    if not new:
        return found | ({"start_period": written(start)} if own.get("start_period") else {})
    return found | {
        "start_period": written(start + tries * interval),
        "start_interval": written(quick),  # else 5 s
        "interval": written(min(interval, _STEADY)),
        "retries": tries,
    }


def _time(own: object, of_image: object, usual: float) -> float:
    """Seconds: the service's own, else the image's (nanoseconds), else Docker's."""
    return seconds(str(own or "")) or float(str(of_image or 0)) / 1e9 or usual

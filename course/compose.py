"""A Compose project as Compose itself reads it, and its start as the engine's events tell it.

`read_project` takes what `docker compose config --format json` prints; `read_startup` takes the events of the
project's containers. No Docker in here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SERVICE = "com.docker.compose.service"
_NUMBER = "com.docker.compose.container-number"
_HEALTH = "health_status: "


@dataclass(frozen=True)
class Need:
    """A service that must be there first: `condition` is service_started, service_healthy or another."""

    service: str
    condition: str


@dataclass(frozen=True)
class Service:
    """One service; `volumes` are the project's volumes that it mounts."""

    name: str
    image: str  # "" for one that is built
    networks: tuple[str, ...]
    volumes: tuple[str, ...]
    needs: tuple[Need, ...]
    ports: tuple[str, ...]  # "8080:80"; ":80" where the engine chooses the port


@dataclass(frozen=True)
class Project:
    """Services in the order in which they can start, and what they share."""

    services: tuple[Service, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]


@dataclass(frozen=True)
class Moment:
    """What a container came to: created, started, healthy, unhealthy or exited.

    `seconds` count from the first event of the project.
    """

    state: str
    seconds: float
    exit_code: int | None = None


@dataclass(frozen=True)
class Start:
    """The moments of one container of a project, in order."""

    service: str  # "web", or "web 2" for the second container of a service
    moments: tuple[Moment, ...]

    def when(self, state: str) -> float | None:
        """The seconds of its first moment of that state."""
        return next((moment.seconds for moment in self.moments if moment.state == state), None)


def read_project(config: str | Mapping[str, Any]) -> Project:
    """Reads the JSON of `docker compose config --format json`. Raises ValueError for what is none."""
    told = json.loads(config) if isinstance(config, str) else config
    services = {name: _service(name, one) for name, one in (told.get("services") or {}).items()}
    return Project(
        tuple(_in_order(services)),
        tuple(sorted(told.get("networks") or {})),
        tuple(sorted(told.get("volumes") or {})),
    )


def read_startup(events: Iterable[Mapping[str, Any]]) -> tuple[Start, ...]:
    """Reads the events of a project's containers, in any order. What else is in the stream is left out."""
    ours = [(_nanoseconds(event), *_moment(event)) for event in events if event.get("Type") == "container"]
    told = sorted((at, who, state, code) for at, who, state, code in ours if who and state)
    rows: dict[str, list[Moment]] = {}
    for at, who, state, code in told:
        rows.setdefault(who, []).append(
            Moment(state, (at - told[0][0]) / 1e9, code if state == "exited" else None)
        )
    return tuple(Start(who, tuple(moments)) for who, moments in sorted(rows.items()))


def _service(name: str, told: Mapping[str, Any]) -> Service:
    mounted = [
        one["source"]
        for one in told.get("volumes") or []
        if one.get("type") == "volume" and one.get("source")
    ]
    needs = tuple(
        Need(other, str(how.get("condition", "service_started")))
        for other, how in sorted((told.get("depends_on") or {}).items())
    )
    ports = tuple(f"{port.get('published', '')}:{port['target']}" for port in told.get("ports") or [])
    image = "" if told.get("build") else str(told.get("image", ""))
    return Service(
        name, image, tuple(sorted(told.get("networks") or {})), tuple(sorted(set(mounted))), needs, ports
    )


def _in_order(services: Mapping[str, Service]) -> Sequence[Service]:
    """Those that need nobody first, else by name; Compose refuses a circle, here it ends the order."""
    ordered: dict[str, Service] = {}
    waiting = sorted(services)
    while waiting:
        ready = [
            name for name in waiting
            if all(need.service in ordered or need.service not in services for need in services[name].needs)
        ] or waiting  # fmt: skip
        ordered.update((name, services[name]) for name in ready)
        waiting = [name for name in waiting if name not in ordered]
    return list(ordered.values())


def _moment(event: Mapping[str, Any]) -> tuple[str, str, int]:
    """Whose event it is, the state that begins with it ("": none), and the exit code."""
    about = event.get("Actor", {}).get("Attributes", {})
    number, service = str(about.get(_NUMBER, "1")), str(about.get(_SERVICE, ""))
    action = str(event.get("Action", ""))
    state = {"create": "created", "start": "started", "die": "exited"}.get(action, "")
    if action.startswith(_HEALTH):
        state = action.removeprefix(_HEALTH)
    who = f"{service} {number}" if service and number not in ("1", "") else service
    return who, state, int(about.get("exitCode", 0))


def _nanoseconds(event: Mapping[str, Any]) -> int:
    return int(event.get("timeNano") or int(event["time"]) * 1_000_000_000)

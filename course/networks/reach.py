"""Who reaches whom, tried: a side container in each caller's network knocks at every door.

The callers' own images need no tool, no shell and no C library for it, and nothing runs in them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import docker
from docker.errors import APIError, NotFound
from requests import RequestException

from course.engine.failures import engine_errors
from course.engine.labels import made
from course.errors import EngineError
from course.networks.model import Container, NetworkMap
from course.networks.read import PROBE

IMAGE = "python:3.13-slim"
_SECONDS = 30  # for a side container, which needs three at most
_SIDE_BY_SIDE = 4
_HOST = "host"


class Outcome(StrEnum):
    """What came of a try to connect."""

    CONNECTED = "connected"
    REFUSED = "refused"  # the machine answered: nobody listens on that port
    NO_ANSWER = "no-answer"  # sent, and nothing came back
    NO_ROUTE = "no-route"  # the caller's network knows no way there
    UNKNOWN = "unknown"  # the name was not found: nothing was sent

    @property
    def words(self) -> str:
        """The same for people."""
        return {"no-answer": "no answer", "no-route": "no route", "unknown": "name unknown"}.get(self, self)


@dataclass(frozen=True)
class Caller:
    """Who tries: a container's id, or "host" for the engine's host itself."""

    label: str
    container: str


@dataclass(frozen=True)
class Door:
    """Where to: a name or address, and a port.

    `owners`: addresses one of which the name must lead to, else it counts as unknown. Empty: any.
    """

    label: str
    host: str
    port: int
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matrix:
    """What came of every caller's try at every door."""

    callers: tuple[str, ...]
    doors: tuple[str, ...]
    outcomes: Mapping[tuple[str, str], Outcome]

    def __getitem__(self, key: tuple[str, str]) -> Outcome:
        """`matrix[caller, door]`, by their labels."""
        return self.outcomes[key]

    def describe(self) -> str:
        """All of it in sentences, a caller each."""
        return " ".join(
            f"From {caller}: {'; '.join(f'{door}: {self[caller, door].words}' for door in self.doors)}."
            for caller in self.callers
        )


def doors_of(container: Container, networks: NetworkMap, port: int) -> tuple[Door, ...]:
    """A container's doors at `port`: by its name, and by its address in each network."""
    places = [one for one in container.attachments if one.address]
    by_name = Door(f"{container.name} by name", container.name, port, tuple(one.address for one in places))
    names = {network.id: network.name for network in networks.networks}
    by_address = [
        Door(
            f"{container.name} by address"
            + (f" in {names.get(one.network, '?')}" if len(places) > 1 else ""),
            one.address,
            port,
        )
        for one in places
    ]
    return by_name, *by_address


def reach(client: docker.DockerClient, callers: Sequence[Caller], doors: Sequence[Door]) -> Matrix:
    """Tries every door from every caller, the callers side by side. Takes about three seconds.

    Raises EngineGone, EngineRefused, or EngineError when a side container says nothing.
    """
    with engine_errors(), ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        rows = list(pool.map(lambda caller: _row(client, caller, doors), callers))
    return Matrix(
        tuple(caller.label for caller in callers),
        tuple(door.label for door in doors),
        {
            (caller.label, door.label): outcome
            for caller, row in zip(callers, rows, strict=True)
            for door, outcome in zip(doors, row, strict=True)
        },
    )


def _row(client: docker.DockerClient, caller: Caller, doors: Sequence[Door]) -> list[Outcome]:
    program = (Path(__file__).parent / "_probe.py").read_text(encoding="utf-8")
    asked = json.dumps([[door.host, door.port, list(door.owners)] for door in doors])
    side = client.containers.create(
        IMAGE,
        ["python", "-c", program, asked],
        network_mode=_HOST if caller.container == _HOST else f"container:{caller.container}",
        # A name that no DNS server knows must not be waited for: resolv.conf(5).
        environment={"RES_OPTIONS": "timeout:1 attempts:1"},
        labels={**made("container"), PROBE: caller.label},
        cap_drop=["ALL"],
        read_only=True,
        mem_limit="64m",
        pids_limit=128,
    )
    try:
        side.start()
        with contextlib.suppress(RequestException):  # too late: what it has said decides
            side.wait(timeout=_SECONDS)
        said = side.logs(stderr=False).decode(errors="replace")
        try:
            return [Outcome(word) for word in json.loads(said)]
        except ValueError as error:
            words = side.logs().decode(errors="replace")[-2000:]
            raise EngineError(f"The probe beside {caller.label} said nothing.", detail=words) from error
    finally:
        with contextlib.suppress(NotFound, APIError):
            side.remove(force=True, v=True)

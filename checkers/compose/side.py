"""A container of the checker's beside one of a project, in the same network namespace: it sees the names,
addresses and neighbours that the service sees, and needs nothing of the service's image."""

from __future__ import annotations

import functools
import time

from checkers import http
from checkers.attempt import Attempt
from checkers.cage import IMAGE, Cage
from checkers.http import Answer
from checkers.running import POLL, Running

# Each target: can a connection be made? In the end a line "HOST PORT yes" or "… no".
_TRY = (
    'while [ $# -gt 1 ]; do if nc -w 2 "$1" "$2" </dev/null >/dev/null 2>&1; then a=yes; else a=no; fi; '
    'echo "$1 $2 $a"; shift 2; done'
)
_SLEEP = ["tail", "-f", "/dev/null"]
_ADDRESSES = "ip -4 -o addr show scope global | awk '{print $4}'"
# Seconds after which to look at what listens at all. What listens for itself alone won't change its mind.
_LOOK = 4.0


class Side:
    """See the module. It stands until the attempt ends, or its neighbour does."""

    def __init__(self, attempt: Attempt, neighbour: Running) -> None:
        self._attempt, self.neighbour = attempt, neighbour
        beside = attempt.run(IMAGE, _SLEEP, network=None, network_mode=f"container:{neighbour.container.id}")
        self._cage = Cage(attempt.client, beside.container)

    @functools.cached_property
    def addresses(self) -> tuple[str, ...]:
        """The service's own, one for each of its networks; those of another service if it lives in that one's
        network namespace."""
        places = self.neighbour.inspect()["NetworkSettings"].get("Networks") or {}
        if told := [str(one["IPAddress"]) for one in places.values() if one.get("IPAddress")]:
            return tuple(told)
        lines = self._cage.run(_ADDRESSES).out.split()
        return tuple(line.partition("/")[0] for line in lines)

    @property
    def address(self) -> str:
        """One that others reach it at; its loopback, where there is none."""
        return next(iter(self.addresses), "127.0.0.1")

    def get(self, port: int, path: str, *, host: str = "") -> Answer:
        """One request, to the service itself (by the address that others see), or to another host."""
        return http.get(self._cage, f"http://{host or self.address}:{port}{path}")

    def first_answer(self, port: int, path: str, timeout: float) -> Answer:
        """The first answer with any status; the last failure if there is none, or the service has ended."""
        deadline = time.monotonic() + timeout
        while True:
            answer = self.get(port, path)
            ended = not self.neighbour.state()["Running"]
            if answer.status or ended or time.monotonic() > deadline:
                return answer
            time.sleep(POLL)

    def first_well(self, port: int, path: str, timeout: float) -> Answer:
        """The first answer that doesn't tell of trouble behind the service, as a proxy does before its app is
        there; the last one if all do."""
        answer = self.first_answer(port, path, timeout)
        deadline = time.monotonic() + timeout
        while answer.status >= 500 and time.monotonic() < deadline:
            time.sleep(POLL)
            answer = self.get(port, path)
        return answer

    def listens(self, port: int) -> bool:
        """Whether the service can be reached at its own address, waited for. It is no use to wait for what
        has ended, or listens otherwise."""
        began, looked = time.monotonic(), False
        while not self.reaches([(self.address, port)])[(self.address, port)]:
            waited = time.monotonic() - began
            if not self.neighbour.state()["Running"] or waited > self._attempt.limits.run:
                return False
            if waited > _LOOK and not looked:
                looked = True
                if http.listeners(self._attempt, self.neighbour):
                    return False
            time.sleep(POLL)
        return True

    def reaches(self, targets: list[tuple[str, int]]) -> dict[tuple[str, int], bool]:
        """Whether a connection can be made to each host and port."""
        words = [word for host, port in targets for word in (host, str(port))]
        output = self._cage.run(_TRY, *words)
        found = {}
        for line in output.out.splitlines():
            host, port, answer = line.split()
            found[(host, int(port))] = answer == "yes"
        return found

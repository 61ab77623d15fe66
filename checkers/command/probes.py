"""Asks from beside a script's containers, with a busybox of the checker's own: nothing is missed in the
learner's images, and nothing that they say is believed."""

from __future__ import annotations

import re
from typing import Any

from checkers.attempt import Attempt
from checkers.cage import IMAGE, Cage
from checkers.running import Running

_WAIT = ["tail", "-f", "/dev/null"]
# busybox nc: once connected, -e runs a program in its place.
_CONNECT = 'nc -w "$3" "$1" "$2" -e true 2>&1'
_ADDRESS = re.compile(r"^Address:\s+(\d+\.\d+\.\d+\.\d+)\s*$", re.MULTILINE)
_OWN = re.compile(r"inet (\d+\.\d+\.\d+\.\d+)")


def within(attempt: Attempt, running: Running) -> Cage:
    """In the network namespace of a container that runs. A restart gives it another one."""
    key = f"within {running.container.id} {running.state()['StartedAt']}"
    return attempt.once(key, lambda: _cage(attempt, network_mode=f"container:{running.container.id}"))


def beside(attempt: Attempt, network: str) -> Cage:
    """A neighbour on a network."""
    return attempt.once(f"beside {network}", lambda: _cage(attempt, network=network))


def on_the_machine(attempt: Attempt) -> Cage:
    """Where the engine's ports are published: the network of its own machine. The checker's own only."""
    return attempt.once("on the machine", lambda: _cage(attempt, network_mode="host"))


def _cage(attempt: Attempt, **where: Any) -> Cage:
    running = attempt.run(IMAGE, _WAIT, **{"network": None} | where)
    return Cage(attempt.client, running.container)


def connects(cage: Cage, host: str, port: int, *, seconds: int = 3) -> bool:
    """Whether a TCP connection comes about. It is closed at once."""
    return cage.run(_CONNECT, host, str(port), str(seconds)).code == 0


def addresses(cage: Cage, name: str) -> tuple[str, ...]:
    """The IPv4 addresses that Docker's own resolver gives for a name; none if it has none."""
    return tuple(_ADDRESS.findall(cage.run('nslookup -type=a "$1" 127.0.0.11', name).out))


def outer_addresses(cage: Cage) -> list[str]:
    """The addresses of the machine at which others may ask it: all but its loopback's."""
    found = _OWN.findall(cage.run("ip -4 addr show").out)
    return [address for address in found if not address.startswith("127.")]

"""What one kernel made on the engine, so that a lesson removes its own things and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import docker
from docker.errors import APIError, NotFound

from course.engine.ledger import BASES, How, Kind, Ledger

_IN_USE = 409
_ORDER = ("container", "network", "volume", "image")


class KernelLedger(Ledger):
    """The course's ledger; it also remembers which entries came from this process.

    Two lessons may run side by side on one engine, and the label alone doesn't say whose a thing is.
    """

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path)
        self._own: dict[tuple[Kind, str, str], How] = {}

    def note(self, engine: str, kind: Kind, name: str, id: str, how: How) -> None:
        super().note(engine, kind, name, id, how)
        self._own[kind, name, id] = how

    def remove_own(self, client: docker.DockerClient) -> Counter[str]:
        """Removes what this process made and what is still there. Returns how many of each kind went.

        Base images stay. What another program uses by now stays too: the engine refuses, and it is right.
        """
        removed: Counter[str] = Counter()
        for kind in _ORDER:
            mine = [(key, how) for key, how in self._own.items() if key[0] == kind]
            for key, how in mine:
                del self._own[key]
                if how not in BASES and _remove(client, *key):
                    removed[kind] += 1
        return removed


def _remove(client: docker.DockerClient, kind: Kind, name: str, id_: str) -> bool:
    remove: dict[str, Callable[[], object]] = {
        "container": lambda: client.api.remove_container(id_ or name, v=True, force=True),
        "network": lambda: client.api.remove_network(id_ or name),
        "volume": lambda: client.api.remove_volume(name),
        "image": lambda: client.api.remove_image(name or id_),
    }
    try:
        remove[kind]()
    except NotFound:
        return False
    except APIError as error:
        if error.status_code == _IN_USE:
            return False
        raise
    return True

"""What one kernel made on the engine, so that a lesson removes its own things and no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import docker
from docker.errors import APIError, NotFound

from course.engine.ledger import How, Kind, Ledger

_IN_USE = 409
_LOOPBACK = ("localhost:", "127.0.0.1:")
_ORDER: tuple[Kind, ...] = ("container", "network", "volume", "image")


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

    def own(self, kind: Kind) -> list[str]:
        """The ids of what this process made of that kind, also of what is gone since."""
        return [id_ for made, _, id_ in list(self._own) if made == kind]

    def remove_own(self, client: docker.DockerClient) -> list[Kind]:
        """Removes what this process made and what is still there. Returns the kinds of which something went.

        Base images stay. What another program uses by now stays too: the engine refuses, and it is right.
        """
        removed: list[Kind] = []
        for kind in _ORDER:
            mine = [key for key, how in self._own.items() if key[0] == kind and not _is_base(key[1], how)]
            gone = [key for key in mine if _remove(client, *key)]
            if gone:
                removed.append(kind)
        self._own.clear()
        return removed


def _is_base(name: str, how: How) -> bool:
    # A lesson loads images that it has made itself, and pulls such from a registry of its own.
    return how == "stand-in" or (how == "pulled" and not name.startswith(_LOOPBACK))


def _remove(client: docker.DockerClient, kind: Kind, name: str, id_: str) -> bool:
    remove: dict[str, Callable[[], object]] = {
        "container": lambda: client.api.remove_container(id_ or name, v=True, force=True),
        "network": lambda: client.api.remove_network(id_ or name),
        "volume": lambda: client.api.remove_volume(name),
    }
    if kind == "image":
        return _remove_image(client, name, id_)
    return _went(remove[kind])


def _remove_image(client: docker.DockerClient, name: str, id_: str) -> bool:
    """The name, if it still means this image, and the image itself, if nobody has named it otherwise."""
    removed = False
    if name and (not id_ or _points_to(client, name, id_)):
        removed = _went(lambda: client.api.remove_image(name))
    if id_ and _is_nameless(client, id_):
        removed = _went(lambda: client.api.remove_image(id_)) or removed
    return removed


def _points_to(client: docker.DockerClient, name: str, id_: str) -> bool:
    try:
        return bool(client.images.get(name).id == id_)
    except NotFound:
        return False


def _is_nameless(client: docker.DockerClient, id_: str) -> bool:
    try:
        return not client.images.get(id_).tags
    except NotFound:
        return False


def _went(remove: Callable[[], object]) -> bool:
    try:
        remove()
    except NotFound:
        return False
    except APIError as error:
        if error.status_code == _IN_USE:
            return False
        raise
    return True

"""What an attempt has made in the engine, and how it goes again, however the attempt ends."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
from docker.errors import NotFound

from checkers.abandoned import ATTEMPT
from checkers.interrupts import Stopped, uninterrupted
from course.engine.failures import WIRE_ERRORS
from course.engine.listing import list_images

_FIRST, _SECOND, _LAST = 0, 1, 2  # networks, volumes and images are in use while the containers are there
_AT_ONCE = 8
PROJECT = "com.docker.compose.project"
"""The label that Compose puts on all that it makes for a project."""


class Belongings:
    """Notes each thing before it is made; what was noted is removed in the end. Safe for threads.

    Once the removing has begun, nothing can be made any more: then `note` raises Stopped.
    """

    def __init__(self, client: docker.DockerClient, attempt: str) -> None:
        self._client, self._attempt = client, attempt
        self._books = threading.Condition()
        self._undo: list[tuple[int, Callable[[], None]]] = []
        self._making, self._closed = 0, False
        self._taking: threading.Thread | None = None

    @property
    def _api(self) -> Any:
        return self._client.api

    # Noting -----------------------------------------------------------------------------------------

    def container(self, name: str) -> str:
        """The name, noted."""
        return self._note(_SECOND, self._remove_container, name)

    def network(self, name: str) -> str:
        """The name, noted."""
        return self._note(_LAST, self._remove_network, name)

    def volume(self, name: str) -> str:
        """The name, noted."""
        return self._note(_LAST, self._remove_volume, name)

    def image(self, tag: str) -> str:
        """The tag, noted."""
        return self._note(_LAST, self._remove_image, tag)

    def project(self, name: str) -> str:
        """The name of a Compose project, noted: all that bears its label."""
        self._note(_SECOND, self._remove_project_containers, name)
        return self._note(_LAST, self._remove_project, name)

    def first(self, step: Callable[[], None]) -> None:
        """Something to do before all removing."""
        with self._books:
            self._undo.append((_FIRST, step))

    def last(self, step: Callable[[], None]) -> None:
        """Something to do when the containers are gone."""
        with self._books:
            self._undo.append((_LAST, step))

    @contextlib.contextmanager
    def making(self) -> Iterator[None]:
        """Holds a Ctrl-C, and the removing, back while a request makes something: half-way through, nobody
        could tell whether it is there."""
        with self._books:
            if self._closed:
                raise Stopped
            self._making += 1
        try:
            with uninterrupted():
                yield
        finally:
            with self._books:
                self._making -= 1
                self._books.notify_all()

    def _note(self, order: int, remove: Callable[[str], None], name: str) -> str:
        with self._books:
            if self._closed:
                raise Stopped
            self._undo.append((order, functools.partial(remove, name)))
        return name

    # Removing ---------------------------------------------------------------------------------------

    def take_away(self) -> None:
        """Has all containers removed by a thread, so that whoever waits for one goes on."""
        with self._books:
            if self._taking or self._closed:
                return
            self._taking = threading.Thread(target=self._remove, args=(_SECOND,), name="take away")
            self._taking.start()

    def remove(self, *, swept: bool = False) -> None:
        """Removes everything. `swept`: also what bears the attempt's label and was not noted, as a request
        that was torn may leave it."""
        with self._books:
            self._closed = True
            self._books.wait_for(lambda: not self._making)
        if self._taking:
            self._taking.join()  # two removals of one container get in each other's way
        for order in (_FIRST, _SECOND, _LAST):
            self._remove(order)
        if swept:
            self._sweep()

    def _remove(self, order: int) -> None:
        with self._books:
            steps = [step for its, step in self._undo if its == order]
            self._undo[:] = [one for one in self._undo if one[0] != order]
        if steps:
            with ThreadPoolExecutor(min(_AT_ONCE, len(steps)), "clean up") as pool:
                list(pool.map(_quietly, steps))

    def _sweep(self) -> None:
        label = {"label": f"{ATTEMPT}={self._attempt}"}
        with contextlib.suppress(*WIRE_ERRORS):
            for one in self._api.containers(all=True, filters=label):
                _quietly(functools.partial(self._remove_container, one["Id"]))
            for one in self._api.networks(filters=label):
                _quietly(functools.partial(self._api.remove_network, one["Id"]))
            for image in list_images(self._api, f"{self._attempt}:*"):
                for tag in image["RepoTags"] or ():
                    _quietly(functools.partial(self._remove_image, tag))

    def _remove_container(self, name: str) -> None:
        with contextlib.suppress(NotFound):
            self._api.remove_container(name, force=True, v=True)

    def _remove_project_containers(self, project: str) -> None:
        found = self._api.containers(all=True, filters={"label": f"{PROJECT}={project}"})
        steps = [functools.partial(self._remove_container, one["Id"]) for one in found]
        if steps:
            with ThreadPoolExecutor(len(steps), "project") as pool:
                list(pool.map(_quietly, steps))

    def _remove_project(self, project: str) -> None:
        label = {"label": f"{PROJECT}={project}"}
        # What was under way when `docker compose` was ended may have been made after the first look.
        self._remove_project_containers(project)
        for one in self._api.networks(filters=label):
            _quietly(functools.partial(self._api.remove_network, one["Id"]))
        for one in self._api.volumes(filters=label).get("Volumes") or ():
            _quietly(functools.partial(self._remove_volume, one["Name"]))

    def _remove_network(self, name: str) -> None:
        for network in self._api.networks(names=[name]):
            if network["Name"] == name:
                self._api.remove_network(network["Id"])

    def _remove_volume(self, name: str) -> None:
        with contextlib.suppress(NotFound):
            self._api.remove_volume(name, force=True)

    def _remove_image(self, tag: str) -> None:
        with contextlib.suppress(NotFound):
            self._api.remove_image(tag, force=True)


def _quietly(step: Callable[[], object]) -> None:
    with contextlib.suppress(*WIRE_ERRORS):  # an engine that is gone has nothing to clean
        step()

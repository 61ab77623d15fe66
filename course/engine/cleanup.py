"""Removes what the course made in an engine, and nothing else.

What is the course's is known by its label and the ledger (`ownership` says how they go together). Things are
removed in an order in which they let go of each other; what vanishes meanwhile is no error; what somebody
else uses is kept and told; what a running check made is left to it. Interrupted at any place, the next run
does the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError, NotFound

from course.engine.failures import engine_errors
from course.engine.gateway.side import name_of_engine
from course.engine.labels import MADE
from course.engine.ledger import Entry, Kind, Ledger
from course.engine.listing import list_images
from course.engine.makers import MAKER, is_gone
from course.engine.ownership import ImageFacts, our_image
from course.steps import SILENT, Steps

_CHILDREN = "dependent child"  # the engine's words for an image that others are built on
_REMOVAL_SECONDS = 15.0  # an engine under load takes seconds to let go of a container


@dataclass(frozen=True)
class Item:
    """A thing in the engine."""

    kind: Kind
    name: str
    id: str


@dataclass(frozen=True)
class Kept:
    """What is the course's and could not be removed, with the engine's own words."""

    item: Item
    why: str


@dataclass(frozen=True)
class Removed:
    """What a reset removed (or, with `dry_run`, would remove), in that order, and what it left."""

    items: tuple[Item, ...]
    kept: tuple[Kept, ...]
    dry_run: bool = False

    def count(self, kind: Kind) -> int:
        """How many things of a kind were removed."""
        return sum(item.kind == kind for item in self.items)


def reset(
    client: docker.DockerClient,
    ledger: Ledger,
    *,
    everything: bool = False,
    dry_run: bool = False,
    only: Callable[[Item], bool] = lambda _: True,
    steps: Steps = SILENT,
) -> Removed:
    """Remove what the course made: services, containers, networks, volumes, images.

    With `everything`, also the base images that the course pulled, loaded or built as stand-ins. `only` says
    of each thing whether it is meant, for a reset of a part.
    Raises EngineGone, EngineDenied or EngineRefused; what was removed until then stays removed.
    """
    with engine_errors():
        return _Reset(client, ledger, everything, dry_run, only, steps).run()


class _Reset:
    def __init__(
        self,
        client: docker.DockerClient,
        ledger: Ledger,
        everything: bool,
        dry_run: bool,
        only: Callable[[Item], bool],
        steps: Steps,
    ) -> None:
        self._api: Any = client.api  # docker-py's low-level client, untyped
        self._ledger = ledger
        self._everything, self._dry_run, self._only, self._steps = everything, dry_run, only, steps
        self._info = client.info()
        self._engine = name_of_engine(self._info)
        self._removed: list[Item] = []
        self._kept: list[Kept] = []

    def run(self) -> Removed:
        stages: tuple[tuple[str, Callable[[], Iterable[Item]], Callable[[Item], None]], ...] = (
            ("services", self._services, lambda item: self._api.remove_service(item.id)),
            ("containers", self._containers, self._remove_container),
            ("secrets", self._secrets, lambda item: self._api.remove_secret(item.id)),
            ("configs", self._configs, lambda item: self._api.remove_config(item.id)),
            ("networks", self._networks, self._remove_network),
            ("volumes", self._volumes, lambda item: self._api.remove_volume(item.name)),
        )
        for title, find, remove in stages:
            items = [item for item in find() if self._only(item)]
            if items:
                with self._step(title, len(items)):
                    self._remove_all(items, remove)
        self._images()
        return Removed(tuple(self._removed), tuple(self._kept), self._dry_run)

    def _step(self, title: str, count: int) -> AbstractContextManager[object]:
        steps = SILENT if self._dry_run else self._steps
        return steps.step(f"Remove {title} ({count})")

    def _remove_all(self, items: Iterable[Item], remove: Callable[[Item], None]) -> None:
        for item in items:
            if why := self._try(item, remove):
                self._kept.append(Kept(item, why))

    def _try(self, item: Item, remove: Callable[[Item], None]) -> str:
        """Remove it. Why the engine refuses, or "" when it is gone."""
        if not self._dry_run:
            try:
                remove(item)
            except NotFound:
                pass
            except APIError as error:
                return str(error.explanation or error)
            self._forget(item)
        self._removed.append(item)
        return ""

    def _forget(self, item: Item) -> None:
        if item.kind == "image":  # its other tags are items of their own
            self._ledger.forget(self._engine, "image", name=item.name, id=item.id)
        elif item.id:
            self._ledger.forget(self._engine, item.kind, id=item.id)
        else:
            self._ledger.forget(self._engine, item.kind, name=item.name)

    def _entries(self, kind: Kind) -> list[Entry]:
        return self._ledger.entries(self._engine, kind)

    # What there is of each kind.

    def _containers(self) -> Iterator[Item]:
        labelled = {
            found["Id"]: found
            for found in self._api.containers(all=True, filters={"label": f"{MADE}=container"})
        }
        noted = {entry.id: entry for entry in self._entries("container")}
        for found in labelled.values():
            if _in_use(found.get("Labels")):
                continue
            # Somebody may have committed a container of ours: what runs from that inherits our label.
            if found["Id"] in noted or self._image_label(found["ImageID"]) != "container":
                yield Item("container", _container_name(found), found["Id"])
        for entry in noted.values():
            if entry.id and entry.id not in labelled:
                yield from self._noted_container(entry)

    def _noted_container(self, entry: Entry) -> Iterator[Item]:
        try:
            found = self._api.inspect_container(entry.id)
        except NotFound:
            self._strike(entry)
        else:
            yield Item("container", found["Name"].lstrip("/"), entry.id)

    def _strike(self, entry: Entry) -> None:
        if not self._dry_run:
            self._ledger.forget(self._engine, entry.kind, name=entry.name, id=entry.id)

    def _image_label(self, image: str) -> str:
        try:
            return str((self._api.inspect_image(image)["Config"].get("Labels") or {}).get(MADE, ""))
        except APIError:
            return ""

    def _networks(self) -> Iterator[Item]:
        noted = {entry.id for entry in self._entries("network")}
        for found in self._api.networks():
            mine = found["Id"] in noted or (found.get("Labels") or {}).get(MADE) == "network"
            if mine and not _in_use(found.get("Labels")):
                yield Item("network", found["Name"], found["Id"])

    def _volumes(self) -> Iterator[Item]:
        # Anonymous volumes that a `rm` left behind have no label, but a name that comes only once.
        noted = {entry.name for entry in self._entries("volume") if len(entry.name) == 64}
        for found in self._api.volumes()["Volumes"] or ():
            if found["Name"] in noted or (found.get("Labels") or {}).get(MADE) == "volume":
                yield Item("volume", found["Name"], "")

    def _services(self) -> Iterator[Item]:
        return self._of_swarm("service", "services")

    def _secrets(self) -> Iterator[Item]:
        return self._of_swarm("secret", "secrets")

    def _configs(self) -> Iterator[Item]:
        return self._of_swarm("config", "configs")

    def _of_swarm(self, kind: Kind, listing: str) -> Iterator[Item]:
        if not self._info.get("Swarm", {}).get("ControlAvailable"):
            return
        for found in getattr(self._api, listing)():
            spec = found["Spec"]
            if (spec.get("Labels") or {}).get(MADE) == kind:
                yield Item(kind, spec["Name"], found["ID"])

    # How each is removed, where it takes more than a call.

    def _remove_container(self, item: Item) -> None:
        deadline = time.monotonic() + _REMOVAL_SECONDS
        while True:
            try:
                self._api.remove_container(item.id, force=True, v=True)
            except APIError as error:
                # Also "removal … is already in progress": done when it can't be found any more.
                if isinstance(error, NotFound) or error.status_code != 409 or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def _remove_network(self, item: Item) -> None:
        for endpoint in self._api.inspect_network(item.id).get("Containers") or {}:
            try:
                self._api.inspect_container(endpoint)
            except NotFound:  # a dead endpoint would hold the network for ever
                self._api.disconnect_container_from_network(endpoint, item.id, force=True)
        self._api.remove_network(item.id)

    # Images: tags first, then what has none; again, as long as children have to go before their parents.

    def _images(self) -> None:
        entries = self._entries("image")
        listed = [ImageFacts.of(found) for found in list_images(self._api, all=True)]
        for entry in entries:
            if entry.id not in {image.id for image in listed}:
                self._strike(entry)
        mine = [
            found
            for image in listed
            if (found := our_image(image, entries)) and not (found.made and _in_use(image.labels))
        ]
        mine.sort(key=lambda found: -found.image.created)  # children were made after their parents
        wanted = [
            item
            for found in mine
            for name in found.names(everything=self._everything)
            if self._only(item := Item("image", name, found.image.id))
        ]
        if wanted:
            with self._step("images", len(wanted)):
                self._remove_images(wanted)

    def _remove_images(self, left: list[Item]) -> None:
        progress = True
        refused: list[Kept] = []
        while left and progress:
            refused = [Kept(item, why) for item in left if (why := self._try(item, self._remove_image))]
            progress = len(refused) < len(left)
            left = [kept.item for kept in refused]
        # An untagged image that others' images stand on has become a part of those: nothing to tell.
        self._kept += [kept for kept in refused if kept.item.name or _CHILDREN not in kept.why]

    def _remove_image(self, item: Item) -> None:
        # Not forced: what a container uses stays. noprune: an untagged parent may be somebody else's.
        self._api.remove_image(item.name or item.id, force=False, noprune=True)


def _in_use(labels: Mapping[str, str] | None) -> bool:
    """Whether a check that is running made it: it removes it itself, and needs it until then."""
    return bool(labels and MAKER in labels and not is_gone(labels[MAKER]))


def _container_name(found: dict[str, Any]) -> str:
    names = found.get("Names") or []
    return names[0].lstrip("/") if names else ""

"""The map of the host's networks, redrawn whenever the engine tells of a change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anywidget
import traitlets

from course.networks.model import Container, Network, NetworkMap
from course.widgets.assets import script, style

_HISTORY = 6  # changes that stay on the page
_TOLD = {"connect": "joined", "disconnect": "left"}
_OF_CONTAINERS = {"start": "started", "die": "ended", "rename": "was renamed"}
_OF_NETWORKS = {"create": "was made", "destroy": "was removed"}


class NetworkMapView(anywidget.AnyWidget):
    """Containers as buttons below bars for networks. `read` gives the map; `follow` reads it at each event.

    `read` is handed in: this module knows no engine.
    """

    _esm = script("network_map")
    _css = style("network_map")

    networks = traitlets.List(traitlets.Dict()).tag(sync=True)
    containers = traitlets.List(traitlets.Dict()).tag(sync=True)
    changes = traitlets.List(traitlets.Unicode()).tag(sync=True)  # the latest last
    live = traitlets.Bool(False).tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)  # the container whose details are open

    def __init__(self, read: Callable[[], NetworkMap]) -> None:
        super().__init__()
        self._read = read
        self._names: dict[str, str] = {}
        self.map = NetworkMap()
        self.update()

    def follow(self, events: Iterable[Mapping[str, Any]]) -> threading.Thread:
        """Listens in a thread, to the end of `events`; that of the engine ends when somebody closes it."""
        thread = threading.Thread(target=self._listen, args=(events,), daemon=True)
        self.live = True
        thread.start()
        return thread

    def _listen(self, events: Iterable[Mapping[str, Any]]) -> None:
        try:
            for event in events:
                before = dict(self._names)
                self.update()
                told = sentence(event, {**before, **self._names})
                if told:
                    self.changes = [*self.changes, told][-_HISTORY:]
        except Exception as error:  # noqa: BLE001  whatever ends it, a page must not go on looking alive
            self.changes = [*self.changes, f"No longer following: {type(error).__name__}"][-_HISTORY:]
        finally:
            self.live = False

    def update(self) -> None:
        """Reads the map anew and shows it."""
        self.map = self._read()
        self._names |= {one.id: one.name for one in self.map.containers}
        self._names |= {one.id: one.name for one in self.map.networks}
        with self.hold_sync():  # one message
            self.networks = [_network(one) for one in self.map.networks]
            self.containers = [_container(one, self._names) for one in self.map.containers]

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found = super()._repr_mimebundle_(**kwargs)
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        data = {**data, "text/plain": f"[network map] {self.map.describe() or 'nobody is there yet'}"}
        if self.map.networks or self.map.containers:
            from course.plots import network_map

            still, look = network_map(self.map)._repr_mimebundle_()
            data, metadata = {**still, **data}, {**metadata, **look}
        return data, metadata


def sentence(event: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """An event in words; "" for one that changes no map, or that is about a stranger."""
    actor, action = event.get("Actor", {}), str(event.get("Action", ""))
    who = names.get(str(actor.get("ID", "")), "")
    if event.get("Type") == "container":
        return f"{who} {_OF_CONTAINERS[action]}" if who and action in _OF_CONTAINERS else ""
    if action in _TOLD:
        guest = names.get(str(actor.get("Attributes", {}).get("container", "")), "")
        return f"{guest} {_TOLD[action]} {who}" if guest and who else ""
    return f"{who} {_OF_NETWORKS[action]}" if who and action in _OF_NETWORKS else ""


def _network(one: Network) -> dict[str, Any]:
    kind = "internal" if one.internal else one.driver
    about = ", ".join([one.kind, *one.subnets[:1]])
    return {"id": one.id, "name": one.name, "kind": kind, "about": about, "gateway": one.gateway}


def _container(one: Container, names: Mapping[str, str]) -> dict[str, Any]:
    places = {
        place.network: {"address": place.address, "aliases": place.aliases} for place in one.attachments
    }
    doors = [[f"{door.host_ip or '*'}:{door.host_port}", door.port] for door in one.doors]
    shares = names.get(one.shares, "another") if one.shares else ""
    about = {"id": one.id, "name": one.name, "image": one.image, "shares": shares}
    return {**about, "places": places, "doors": doors, "noted": list(one.only_noted)}

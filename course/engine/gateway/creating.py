"""Containers, networks, volumes and Swarm's things get the course's label as they are created."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from course.engine.gateway.call import OpenCall
from course.engine.gateway.handling import Reply
from course.engine.gateway.heads import Request
from course.engine.gateway.recording import Backend, Recording, altered_json, child, json_key
from course.engine.labels import MADE, made

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")


class CreateLabelled(Recording):
    """POST /networks/create, /volumes/create, and /services, /secrets, /configs of a Swarm."""

    wants_body = True

    def __init__(self, call: OpenCall, backend: Backend) -> None:
        super().__init__(call, backend)
        self.kind = call.path.split("/")[-2].removesuffix("s")
        self.name = ""

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        outcome = altered_json(request, body, self.change)
        self.call.notes.append("labelled")
        return outcome

    def change(self, spec: dict[str, Any]) -> None:
        """Put the label into the request's JSON."""
        self.name = str(spec.get(json_key(spec, "Name")) or "")
        child(spec, "Labels")[MADE] = self.kind
        if self.kind == "service":
            child(child(child(spec, "TaskTemplate"), "ContainerSpec"), "Labels").update(made("container"))

    def finished(self, complete: bool) -> None:
        if self.succeeded(complete):
            made_as = self.answer
            name = self.name or str(made_as.get("Name", ""))
            self.note(self.kind, name, str(made_as.get("Id") or made_as.get("ID") or ""), "created")  # type: ignore[arg-type]


class CreateContainer(Recording):
    """POST /containers/create: the container, and the named volumes that would come to be on the way."""

    wants_body = True

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        self.name = request.arg("name")
        outcome = altered_json(request, body, self.change)
        self.call.notes.append("labelled")
        return outcome

    def change(self, spec: dict[str, Any]) -> None:
        """Put the label into the request's JSON, and see to its volumes."""
        child(spec, "Labels").update(made("container"))
        host = child(spec, "HostConfig")
        for bind in host.get(json_key(host, "Binds")) or ():
            if isinstance(bind, str) and (name := bind.split(":")[0]) and name[0] not in "/.~":
                self._ensure_volume(name, str(host.get(json_key(host, "VolumeDriver")) or "local"))
        for mount in host.get(json_key(host, "Mounts")) or ():
            if isinstance(mount, dict) and mount.get(json_key(mount, "Type")) == "volume":
                # These labels are used only if the volume isn't there yet.
                child(child(mount, "VolumeOptions"), "Labels").update(made("volume"))

    def _ensure_volume(self, name: str, driver: str) -> None:
        """A volume that `-v NAME:/path` makes by itself can be given no label: so it is made before."""
        if self.side.call("GET", f"/volumes/{quote(name, safe='')}")[0] == 404:
            wanted = {"Name": name, "Driver": driver, "Labels": made("volume")}
            if self.side.call("POST", "/volumes/create", wanted)[0] == 201:
                self.note("volume", name, "", "created")

    def finished(self, complete: bool) -> None:
        if self.succeeded(complete):
            self.note("container", self.name, str(self.answer.get("Id", "")), "created")


class DeleteContainer(Recording):
    """DELETE /containers/X: forgotten; the anonymous volumes that it leaves behind are written down."""

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        reference = quote(request.path.split("/")[2], safe="")
        status, found = self.side.call("GET", f"/containers/{reference}/json") if self.ledger else (0, None)
        self.container = found if status == 200 else {}
        self.keeps_volumes = request.arg("v").lower() not in ("1", "true")
        return request, body

    def finished(self, complete: bool) -> None:
        if not self.succeeded(complete) or not self.container:
            return
        self.forget("container", id=self.container["Id"])
        labels = self.container["Config"].get("Labels") or {}
        if self.keeps_volumes and labels.get(MADE) == "container":
            for mount in self.container.get("Mounts") or ():
                # Where the volume came by HostConfig.Binds, 28.5 gives no name, only where it lies.
                where = mount.get("Name") or mount.get("Source", "").removesuffix("/_data").rsplit("/", 1)[-1]
                if mount.get("Type") == "volume" and _ANONYMOUS.fullmatch(where):
                    self.note("volume", where, "", "created")


class DeleteNamed(Recording):
    """DELETE of a network or volume: forgotten."""

    def finished(self, complete: bool) -> None:
        if self.succeeded(complete):
            _, kind, name = self.call.path.split("/", 2)
            self.forget(kind.removesuffix("s"), name=name)  # type: ignore[arg-type]  # by the table of routes

"""Images: labelled where a request allows it, written down where it doesn't."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote_plus

from course.engine.gateway.call import OpenCall
from course.engine.gateway.handling import Reply
from course.engine.gateway.heads import Request
from course.engine.gateway.recording import Backend, Finder, Recording
from course.engine.labels import MADE, TAG, made_image
from course.engine.ownership import familiar


def with_argument(query: str, name: str, value: str, *, replace: bool = True) -> str:
    """A query with `name=value` at its end, instead of what it said of `name` before (or beside it)."""
    kept = [part for part in query.split("&") if part]
    if replace:
        kept = [part for part in kept if unquote_plus(part.partition("=")[0]) != name]
    return "&".join([*kept, f"{name}={quote(value, safe='')}"])


def retargeted(request: Request, query: str) -> Request:
    """The request with another query."""
    return request.altered(f"{request.target.partition('?')[0]}?{query}")


class Build(Recording):
    """POST /build: the image is labelled by the query; what the classic builder leaves is written down."""

    def __init__(self, call: OpenCall, backend: Backend) -> None:
        super().__init__(call, backend)
        self.tags: list[str] = []
        self.classic = False
        self.before: set[str] = set()
        # BuildKit's and the classic builder's way to name the result, and the latter's with `-q`.
        self._images = Finder(rb'"(?:ID|stream)":"(sha256:[0-9a-f]{64})')
        self._steps = Finder(rb"--(?:-\\u003e|->) ([0-9a-f]{12})\b")
        self._containers = Finder(rb"Running in ([0-9a-f]{12})\b")

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        self.tags = [familiar(tag) for tag in request.query.get("t", []) if tag]
        self.classic = request.arg("version") != "2"
        if self.classic and self.ledger:
            self.before = {image["Id"] for image in self.side.images(everything=True)}
        try:
            labels = json.loads(request.arg("labels") or "{}")
        except ValueError:
            return request, body
        if not isinstance(labels, dict | None):
            return request, body
        labels = (labels or {}) | (made_image(self.tags[0]) if self.tags else {MADE: "image"})
        self.call.notes.append("labelled")
        return retargeted(request, with_argument(request.query_text, "labels", json.dumps(labels))), body

    def received(self, view: memoryview) -> None:
        self._images.feed(view)
        if self.classic:
            self._steps.feed(view)
            self._containers.feed(view)

    def finished(self, complete: bool) -> None:
        if self.ledger is None or self.status != 200:
            return
        for tag in self.tags if self._images.found else ():
            if id := self.side.image_id(tag):
                self.note("image", tag, id, "built")
        if not self.tags:
            for id in self._images.found:
                self.note("image", "", id, "built")
        if self.classic:
            self._note_leavings()

    def _note_leavings(self) -> None:
        """Intermediate images and the containers of steps, which carry no label."""
        after = {image["Id"]: image for image in self.side.images(everything=True)}
        built = {id for id in after if id.removeprefix("sha256:")[:12] in self._steps.found}
        for id in self._images.found:  # `-q` names no steps: they are the new ones among its ancestors
            while id in after:
                built.add(id)
                id = after[id].get("ParentId") or ""
        for id in built - self.before:
            if not after[id].get("RepoTags"):
                self.note("image", "", id, "built")
        for container in self._containers.found:
            if self.side.call("GET", f"/containers/{container}/json")[0] == 200:
                self.note("container", "", container, "created")


class Create(Recording):
    """POST /images/create: a pull of what was absent before, or an import."""

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        self.pulls = bool(request.arg("fromImage"))
        self.reference = _reference(request, "fromImage" if self.pulls else "repo")
        if self.ledger is None:
            return request, body
        self.before = self.side.image_id(self.reference) if self.reference else ""
        if self.pulls or not self.reference:
            return request, body
        return retargeted(request, _labelling(request.query_text, self.reference)), body

    def finished(self, complete: bool) -> None:
        if self.succeeded(complete) and self.reference:
            id = self.side.image_id(self.reference)
            if id and (not self.before if self.pulls else id != self.before):
                self.note("image", self.reference, id, "pulled" if self.pulls else "imported")


class Commit(Recording):
    """POST /commit. The new image would inherit the container's label: it gets one of its own."""

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        self.reference = _reference(request, "repo")
        self.call.notes.append("labelled")
        return retargeted(request, _labelling(request.query_text, self.reference)), body

    def finished(self, complete: bool) -> None:
        if self.succeeded(complete):
            self.note("image", self.reference, str(self.answer.get("Id", "")), "committed")


class Tag(Recording):
    """POST /images/X/tag."""

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        self.reference = _reference(request, "repo")
        self.before = self.side.image_id(self.reference) if self.ledger else ""
        return request, body

    def finished(self, complete: bool) -> None:
        if self.succeeded(complete):
            id = self.side.image_id(self.reference)
            if id and id != self.before:
                self.note("image", self.reference, id, "tagged")


class Load(Recording):
    """POST /images/load: what the archive held and the engine did not."""

    def __init__(self, call: OpenCall, backend: Backend) -> None:
        super().__init__(call, backend)
        self._names = Finder(rb"Loaded image: ([^\\\"]+)")
        self._ids = Finder(rb"Loaded image ID: (sha256:[0-9a-f]{64})")

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        images = self.side.images(everything=True) if self.ledger else []
        self.tags = {(tag, image["Id"]) for image in images for tag in image.get("RepoTags") or ()}
        self.ids = {image["Id"] for image in images}
        return request, body

    def received(self, view: memoryview) -> None:
        self._names.feed(view)
        self._ids.feed(view)

    def finished(self, complete: bool) -> None:
        if self.ledger is None or self.status != 200:
            return
        for name in map(familiar, self._names.found):
            id = self.side.image_id(name)
            if id and (name, id) not in self.tags:
                self.note("image", name, id, "loaded")
        for id in self._ids.found:
            if id not in self.ids:
                self.note("image", "", id, "loaded")


class Delete(Recording):
    """DELETE /images/X: what the engine says it removed is forgotten."""

    def finished(self, complete: bool) -> None:
        if not self.succeeded(complete) or not isinstance(self.answer, list):
            return
        for item in self.answer:
            if untagged := item.get("Untagged"):
                self.forget("image", name=familiar(untagged))
            if deleted := item.get("Deleted"):
                self.forget("image", id=deleted)


def note_built(recording: Recording, names: dict[str, str], digests: set[str]) -> None:
    """Write down what BuildKit made through its own channel: `names` maps each to the id it had before."""
    for name, before in names.items():
        id = recording.side.image_id(name)
        if id and id != before:
            recording.note("image", name, id, "built")
    if not names:
        untagged = [image["Id"] for image in recording.side.images() if not image.get("RepoTags")]
        for id in digests.intersection(untagged):
            recording.note("image", "", id, "built")


def _reference(request: Request, name: str) -> str:
    """The image that a query names in two arguments."""
    repository, tag = request.arg(name), request.arg("tag")
    if not repository:
        return ""
    joined = f"{repository}{'@' if tag.startswith('sha256:') else ':'}{tag}" if tag else repository
    return familiar(joined)


def _labelling(query: str, reference: str) -> str:
    labels: dict[str, str] = made_image(reference) if reference else {MADE: "image", TAG: ""}
    for key, value in labels.items():
        query = with_argument(query, "changes", f'LABEL {key}="{value}"', replace=False)
    return query

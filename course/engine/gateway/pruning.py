"""Prune calls, narrowed so that nothing vanishes that isn't the course's."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from course.engine.gateway.handling import Handling, Reply
from course.engine.gateway.heads import Request
from course.engine.gateway.images import retargeted, with_argument
from course.engine.gateway.recording import Recording
from course.engine.labels import MADE
from course.engine.makers import MAKER
from course.engine.ownership import ImageFacts, our_image


def narrowed(filters: str, kind: str) -> str:
    """Prune filters that also ask for the course's label. What cannot be read is replaced by that alone."""
    try:
        wanted = json.loads(filters or "{}")
    except ValueError:
        wanted = {}
    if not isinstance(wanted, dict):
        wanted = {}
    lists = {key: _list(values) for key, values in wanted.items()}
    lists["label"] = [*lists.get("label", []), f"{MADE}={kind}"]
    lists["label!"] = [*lists.get("label!", []), MAKER]  # whoever has a maker is removed by that
    return json.dumps(lists)


def _list(values: Any) -> list[Any]:
    """A filter's values: a list, or an object whose keys count; what is neither, the engine shall refuse."""
    return list(values) if isinstance(values, list | dict) else [values]


class PruneLabelled(Handling):
    """POST /containers/prune, /networks/prune, /volumes/prune: these labels are not inherited."""

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        kind = request.path.split("/")[1].removesuffix("s")
        self.call.notes.append("narrowed to what the course made")
        filters = narrowed(request.arg("filters"), kind)
        return retargeted(request, with_argument(request.query_text, "filters", filters)), body


class PruneImages(Recording):
    """POST /images/prune. An image's label is inherited by what others build on it, so that no filter tells
    ours from theirs: the gateway removes ours one by one, and answers as the engine would.

    Base images stay. What a container uses stays, too: the engine refuses to remove it.
    """

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        self.call.notes.append("narrowed to what the course made")
        entries = self.ledger.entries(self.side.engine_id, "image") if self.ledger else []
        removed: list[dict[str, str]] = []
        freed = 0
        _, containers = self.side.call("GET", "/containers/json?all=1")
        used = {container["ImageID"] for container in containers or ()}
        for listed in self._candidates(request):
            ours = our_image(ImageFacts.of(listed), entries)
            if ours is None or ours.image.id in used or MAKER in ours.image.labels:
                continue
            gone = self._remove([name or ours.image.id for name in ours.names(everything=False)])
            removed += gone
            freed += listed.get("Size", 0) if any("Deleted" in item for item in gone) else 0
        return Reply(200, {"ImagesDeleted": removed or None, "SpaceReclaimed": freed})

    def _candidates(self, request: Request) -> list[dict[str, Any]]:
        try:
            asked = json.loads(request.arg("filters") or "{}")
        except ValueError:
            return []
        wanted = {key: _list(values) for key, values in asked.items()} if isinstance(asked, dict) else {}
        # A prune without a word on it means dangling images only; the list means all then.
        if any(str(value).lower() in ("false", "0") for value in wanted.get("dangling", [])):
            del wanted["dangling"]
        else:
            wanted["dangling"] = ["true"]
        query = urlencode({"filters": json.dumps(wanted)})
        status, images = self.side.call("GET", f"/images/json?{query}")
        return list(images) if status == 200 else []

    def _remove(self, references: list[str]) -> list[dict[str, str]]:
        gone: list[dict[str, str]] = []
        for reference in references:
            status, items = self.side.call("DELETE", f"/images/{quote(reference, safe='/:@')}?noprune=1")
            if status == 200:
                gone += items or []
        for item in gone:
            if name := item.get("Untagged"):
                self.forget("image", name=name)
            if id := item.get("Deleted"):
                self.forget("image", id=id)
        return gone


class PruneBuildCache(Recording):
    """POST /build/prune. The cache carries no labels, and in an engine that others use it is theirs as well:
    it is left alone, and the answer says that nothing was removed. The course's own engine may be pruned."""

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        if self.side.address.origin == "embedded":
            return request, body
        self.call.notes.append("the build cache isn't the course's alone: left as it is")
        return Reply(200, {"CachesDeleted": [], "SpaceReclaimed": 0})

"""Which images are the course's. Decided from labels and the ledger alone, without asking an engine.

Labels are inherited: what somebody builds or commits on top of the course's image carries its label too. So
the label counts only together with the tag it was made for, and the ledger only together with the id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from course.engine.labels import MADE, TAG, normal_tag
from course.engine.ledger import BASES, Entry, How


@dataclass(frozen=True)
class ImageFacts:
    """An image as the engine lists it."""

    id: str
    tags: tuple[str, ...]
    labels: Mapping[str, str]
    parent: str = ""
    created: int = 0  # seconds since the epoch

    @classmethod
    def of(cls, listed: Mapping[str, Any]) -> ImageFacts:
        """From an element of `GET /images/json`."""
        tags = tuple(tag for tag in listed.get("RepoTags") or () if tag != "<none>:<none>")
        return cls(
            listed["Id"], tags, listed.get("Labels") or {}, listed.get("ParentId") or "", listed["Created"]
        )


@dataclass(frozen=True)
class OurImage:
    """What of an image is the course's: some of its tags, or "" for an image that has none."""

    image: ImageFacts
    made: tuple[str, ...]
    brought: tuple[str, ...]  # of a base image that was pulled, loaded or built as a stand-in

    def names(self, *, everything: bool) -> tuple[str, ...]:
        """What a reset removes: base images only with `everything`."""
        return self.made + self.brought if everything else self.made


def our_image(image: ImageFacts, entries: Iterable[Entry]) -> OurImage | None:
    """What of it is ours, or None. `entries` are the ledger's, of this engine."""
    ways: dict[str, How] = {
        entry.name: entry.how for entry in entries if entry.kind == "image" and entry.id == image.id
    }
    ours: dict[str, How] = {tag: ways[tag] for tag in image.tags if tag in ways}
    if image.labels.get(MADE) == "image" and image.labels.get(TAG) in image.tags:
        ours[image.labels[TAG]] = "built"
    if not image.tags and ways:
        hows = set(ways.values())
        ours[""] = "pulled" if hows & BASES else "built"
    if not ours:
        return None
    made = tuple(tag for tag, how in ours.items() if how not in BASES)
    return OurImage(image, made, tuple(tag for tag in ours if tag not in made))


def familiar(reference: str) -> str:
    """A reference as the engine lists it: without docker.io and library, with its tag."""
    for prefix in ("docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/"):
        if reference.startswith(prefix):
            reference = reference.removeprefix(prefix)
            break
    return normal_tag(reference)

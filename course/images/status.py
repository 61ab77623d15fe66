"""Which base images an engine has, and which of them are stand-ins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import docker
from docker.errors import ImageNotFound as DockerImageNotFound

from course.engine.failures import engine_errors
from course.engine.labels import STAND_IN
from course.engine.listing import list_images
from course.errors import ImageNotFound
from course.images.catalogue import BaseImage, catalogue

_DEFAULT_REGISTRY = ("docker.io/library/", "docker.io/", "localhost/")  # as Podman writes names out


@dataclass(frozen=True)
class Found:
    """An image of that name in the engine."""

    id: str
    size: int  # bytes, as the engine counts them: see facts in `ImageStatus.size`
    stand_in: bool


@dataclass(frozen=True)
class ImageStatus:
    """A base image and whether the engine has it."""

    name: str
    about: str
    used_by: tuple[str, ...]
    present: bool
    stand_in: bool
    size: int
    """Bytes; 0 if it isn't there. With the containerd store the engine counts an image's compressed layers
    and the unpacked ones, so that the same image looks larger than with a graph driver."""
    real_bytes: int  # what the real image takes unpacked, roughly

    @property
    def source(self) -> str:
        """ "stand-in", "image" for one that bears its name rightly, or "" for one that isn't there."""
        if not self.present:
            return ""
        return "stand-in" if self.stand_in else "image"

    def to_json(self) -> dict[str, Any]:
        """As `course images list --json` shows it."""
        return {**asdict(self), "source": self.source}


def status(client: docker.DockerClient) -> list[ImageStatus]:
    """The whole catalogue, in its order, as this engine has it. One API call. Raises EngineError."""
    images = catalogue()
    found = present(client, (image.name for image in images))
    return [_status(image, found.get(image.name)) for image in images]


def present(client: docker.DockerClient, names: Iterable[str]) -> Mapping[str, Found]:
    """Those of `names` that the engine has. One API call. Raises EngineError."""
    wanted = set(names)
    if not wanted:
        return {}
    with engine_errors():
        listed = list_images(client.api, filters={"reference": sorted(wanted)})
    found: dict[str, Found] = {}
    for image in listed:
        label = (image.get("Labels") or {}).get(STAND_IN)
        for tag in map(familiar, image.get("RepoTags") or ()):
            if tag in wanted:
                found[tag] = Found(image["Id"], int(image["Size"]), stand_in=label == tag)
    return found


def is_stand_in(client: docker.DockerClient, name: str) -> bool:
    """Whether the image `name` in this engine is the course's stand-in.

    An image built on a stand-in inherits its label, but not its name. Raises ImageNotFound or EngineError.
    """
    with engine_errors():
        try:
            image = client.images.get(name)
        except DockerImageNotFound as error:
            raise ImageNotFound(
                f"This engine has no image {name}.", hint="Run: course images list"
            ) from error
    return image.labels.get(STAND_IN) == familiar(name)


def familiar(tag: str) -> str:
    """A reference without what is implied: docker.io/library/busybox:1.37 → busybox:1.37"""
    for prefix in _DEFAULT_REGISTRY:
        if tag.startswith(prefix):
            return tag.removeprefix(prefix)
    return tag


def _status(image: BaseImage, found: Found | None) -> ImageStatus:
    return ImageStatus(
        name=image.name,
        about=image.about,
        used_by=image.used_by,
        present=found is not None,
        stand_in=found is not None and found.stand_in,
        size=found.size if found else 0,
        real_bytes=image.real_bytes,
    )

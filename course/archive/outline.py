"""An image's layers as the engine tells of them at once, before a byte of them was read."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import docker

from course.archive.history import Made, steps
from course.engine.failures import engine_errors
from course.engine.listing import list_images
from course.errors import ImageNotFound, PlatformNotFound
from course.layers import Image, Layer


@dataclass(frozen=True)
class Told:
    """What `inspect` and `history` say of an image."""

    image: Image  # in outline
    on_containerd: bool  # of the engine's image store


def outline(client: docker.DockerClient, name: str, *, dockerfile: str | None = None) -> Image:
    """The image without its files, in two calls (a few milliseconds).

    Each layer's size is what the engine's history says: on graph drivers the contents of its files
    (`tar_bytes`; the engine adds the lengths of symlinks, so it is a little more than is counted later), on
    the containerd store the disk blocks of its unpacked files (`disk_bytes`). Instructions and diff IDs are
    final. `dockerfile`: the text it was built from, for the lines.

    Raises ImageNotFound (naming the nearest), or EngineError.
    """
    return tell(client, name, dockerfile=dockerfile).image


def tell(client: docker.DockerClient, name: str, *, dockerfile: str | None = None) -> Told:
    """`outline`, and how the engine keeps images."""
    api: Any = client.api
    try:
        with engine_errors():
            about = api.inspect_image(name)
            history = api.history(name)
    except ImageNotFound as error:
        raise not_found(client, name) from error
    diff_ids = [str(one) for one in (about.get("RootFS") or {}).get("Layers") or []]
    # Only images that containerd keeps have a descriptor (API 1.48); before, only there the ID is a digest
    # under which a repository knows the image.
    containerd = "Descriptor" in about or _id_is_repository_digest(about)
    made = [
        Made(
            str(one.get("CreatedBy") or ""),
            None,
            int(one.get("Size") or 0),
            datetime.fromtimestamp(int(one.get("Created") or 0), UTC).isoformat(),
        )
        for one in reversed(history)
    ]
    known = steps(made, len(diff_ids), dockerfile)
    sizes = [one.size for one, step in zip(made, known, strict=False) if step.layer is not None]
    told = [step for step in known if step.layer is not None]
    layers = tuple(
        Layer(
            index,
            diff_id=diff_id,
            instruction=told[index].instruction if told else "",
            line=told[index].line if told else None,
            tar_bytes=sizes[index] if told and not containerd else 0,
            disk_bytes=sizes[index] if told and containerd else None,
            read=False,
        )
        for index, diff_id in enumerate(diff_ids)
    )
    image = Image(
        name,
        layers,
        id=str(about.get("Id") or ""),
        platform=_platform(about),
        history=known,
        config=about.get("Config") or {},
    )
    return Told(image, containerd)


def not_found(client: docker.DockerClient, name: str) -> ImageNotFound:
    """The error for a name that the engine doesn't know, with the nearest that it does."""
    with engine_errors():
        tags = [
            tag
            for image in list_images(client.api)
            for tag in image.get("RepoTags") or []
            if "<none>" not in tag
        ]
    near = difflib.get_close_matches(name, [tag.removesuffix(":latest") for tag in tags], n=3, cutoff=0.7)
    same = [
        tag for tag in tags if tag.rpartition(":")[0] == name.rpartition(":")[0] or tag.startswith(f"{name}:")
    ]
    hint = "See what there is: docker image ls"
    if near or same:
        hint = f"Did you mean {' or '.join(dict.fromkeys([*same[:3], *near]))}? All there is: docker image ls"
    return ImageNotFound(f"The engine has no image {name!r}.", hint=hint)


def platforms(client: docker.DockerClient, name: str) -> list[str]:
    """The platforms for which the engine holds an image: those of its manifests (API 1.48), else its own."""
    api: Any = client.api
    with engine_errors():
        about = api._result(api._get(api._url("/images/{0}/json", name), params={"manifests": 1}), json=True)
    found = [
        one for one in about.get("Manifests") or [] if one.get("Available") and one.get("Kind") == "image"
    ]
    told = [((one.get("ImageData") or {}).get("Platform") or {}) for one in found]
    return [_joined(one.get("os"), one.get("architecture"), one.get("variant")) for one in told] or [
        _platform(about)
    ]


def no_platform(name: str, wanted: str, there: list[str]) -> PlatformNotFound:
    """The error for an image that isn't there for a platform."""
    names = ", ".join(sorted(filter(None, there))) or "none that it names"
    return PlatformNotFound(
        f"{name} is not here for {wanted}. Here are: {names}.",
        hint=f"Name one of these with --platform, or pull the other: docker pull --platform {wanted} {name}",
    )


def _platform(about: dict[str, Any]) -> str:
    return _joined(about.get("Os"), about.get("Architecture"), about.get("Variant"))


def _joined(system: str | None, cpu: str | None, variant: str | None) -> str:
    return "/".join(filter(None, (system, cpu, None if (cpu, variant) == ("arm64", "v8") else variant)))


def _id_is_repository_digest(about: dict[str, Any]) -> bool:
    digests = {str(one).partition("@")[2] for one in about.get("RepoDigests") or []}
    return about.get("Id") in digests

"""Puts together what was read: a manifest's layers in order, with their instructions, into an `Image`."""

from __future__ import annotations

import platform as machine
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from course.archive.history import Made, steps
from course.archive.layer import Content
from course.archive.manifest import Candidate
from course.archive.outline import no_platform
from course.errors import InputError
from course.layers import Image, Layer

_CPUS = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386", "amd64": "amd64"}


@dataclass(frozen=True)
class Part:
    """One layer that was read, or was kept from before."""

    content: Content
    digest: str  # of the blob as stored; "" where nothing tells
    stored: int  # its bytes
    packed: str  # "gzip", "zstd", or ""
    key: str = ""  # the digest that was computed from its bytes: what it may be kept under


def layer(index: int, diff_id: str, part: Part, like: Layer | None = None) -> Layer:
    """The layer of a part. `like`: the layer in outline, for what only the engine tells."""
    return Layer(
        index,
        digest=part.digest,
        diff_id=diff_id,
        instruction=like.instruction if like else "",
        line=like.line if like else None,
        tar_bytes=part.content.tar_bytes,
        compressed_bytes=part.stored if part.packed else None,
        disk_bytes=like.disk_bytes if like else None,
        entries=part.content.entries,
        whiteouts=part.content.whiteouts,
        opaque=part.content.opaque,
        stream_bytes=part.content.stream_bytes,
        compression=part.packed,
    )


def image(
    name: str,
    found: Candidate,
    part: Callable[[int], Part],
    *,
    outline: Image | None = None,
    dockerfile: str | None = None,
) -> Image:
    """The image of a manifest. `part` gives each layer, `outline` what the engine told of the same image."""
    history = steps(_history(found.config), len(found.blobs), dockerfile)
    told = [step for step in history if step.layer is not None]
    if not told and outline:
        history, told = outline.history, [step for step in outline.history if step.layer is not None]
    layers = []
    for index, blob in enumerate(found.blobs):
        like = Layer(
            index,
            instruction=told[index].instruction if told else "",
            line=told[index].line if told else None,
            disk_bytes=outline.layers[index].disk_bytes if outline else None,
        )
        layers.append(layer(index, blob.diff_id, part(index), like))
    return Image(
        name,
        tuple(layers),
        id=(outline.id if outline else "") or found.id,
        platform=found.platform or (outline.platform if outline else ""),
        history=history,
        config=found.config.get("config") or {},
    )


def choose(
    name: str, found: Sequence[Candidate], *, platform: str | None = None, called: str | None = None
) -> Candidate:
    """The image that is meant: of that name, for that platform; else for this machine's; else the first.

    Raises PlatformNotFound, or InputError where several images are there and none is named.
    """
    if called:
        named = [one for one in found if any(_same_name(tag, called) for tag in one.names)]
        if not named:
            raise InputError(f"{name} holds no image {called!r}.", hint=_there(found))
        found = named
    different = {one.names for one in found}
    if len(different) > 1:
        raise InputError(f"{name} holds {len(different)} images; name the one you mean.", hint=_there(found))
    if platform:
        fitting = [one for one in found if matches(one.platform, platform)]
        if not fitting:
            raise no_platform(name, platform, [one.platform for one in found])
        return fitting[0]
    here = f"linux/{_CPUS.get(machine.machine().lower(), machine.machine().lower())}"
    return next((one for one in found if one.platform == here), found[0])


def matches(platform: str, wanted: str) -> bool:
    """Whether a platform is the wanted one: "linux/arm" will do for any variant of it."""
    wanted = full(wanted)
    return platform == wanted or platform.startswith(f"{wanted}/")


def full(platform: str) -> str:
    """A platform as OCI writes it: "linux/arm64" for "arm64", "aarch64" or "Linux/arm64"."""
    parts = platform.lower().split("/")
    system, cpu = ("linux", parts[0]) if len(parts) == 1 else (parts[0], parts[1])
    return "/".join((system, _CPUS.get(cpu, cpu), *parts[2:]))


def _history(config: dict[str, Any]) -> list[Made]:
    return [
        Made(
            str(one.get("created_by") or ""),
            bool(one.get("empty_layer")),
            created=str(one.get("created") or ""),
        )
        for one in config.get("history") or []
        if isinstance(one, dict)
    ]


def _same_name(tag: str, called: str) -> bool:
    def plain(name: str) -> str:
        for prefix in ("docker.io/", "library/"):
            name = name.removeprefix(prefix)
        return name if ":" in name.rpartition("/")[2] else f"{name}:latest"

    return plain(tag) == plain(called)


def _there(found: Sequence[Candidate]) -> str:
    names = [tag for one in found for tag in one.names] or ["(without a name)"]
    return f"There are: {', '.join(dict.fromkeys(names))}. In the terminal: --image NAME"

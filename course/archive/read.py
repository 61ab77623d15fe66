"""An image in an engine → `Image`, with every file of every layer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Set
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import docker

from course.archive import assemble
from course.archive.assemble import Part
from course.archive.cache import Cache, default_cache
from course.archive.flow import CutOff, Piece
from course.archive.layer import Content
from course.archive.manifest import Blob, Candidate, candidates
from course.archive.outline import Told, no_platform, platforms, tell
from course.archive.scan import Read, Scan, scan
from course.archive.wire import image_stream
from course.engine.describe import version_number
from course.engine.labels import normal_tag
from course.errors import EngineGone, ImageDamaged, ImageNotFound, NotAnImage
from course.layers import Image, Layer
from course.steps import SILENT, Step, Steps

OnLayer = Callable[[Layer], None]
_ID = re.compile(r"(sha256:)?[0-9a-f]{4,64}")
_CHOOSES_PLATFORM = (1, 48)  # the API version from which `images/get` takes a platform


def read_image(
    client: docker.DockerClient,
    name: str,
    *,
    on_layer: OnLayer | None = None,
    platform: str | None = None,
    dockerfile: str | None = None,
    cache: Cache | None = None,
    steps: Steps = SILENT,
) -> Image:
    """The image with all files of all layers, hashed.

    It streams `GET /images/{name}/get` once, unless all layers were read before: then only `inspect` and
    `history` are asked. A layer that was read before, as part of another image, is hashed and not unpacked.
    `on_layer` is told of each layer as it is read, in the order of the stream, which is not theirs; then all
    are unpacked. `platform`: "linux/arm64", of an image that has several. `dockerfile`: the text that it was
    built from, for the lines. `cache`: where layers are kept (the course's folder).

    Sizes: `tar_bytes` are counted in the stream. `compressed_bytes` is the length of the blob in the stream,
    None where the engine sends it uncompressed (graph drivers). `disk_bytes` comes from the containerd
    store's history, None on graph drivers.

    Raises ImageNotFound (also if it is deleted meanwhile), PlatformNotFound, ImageDamaged, NotAnImage or
    EngineError.
    """
    told = tell(client, name, dockerfile=dockerfile)
    platform = assemble.full(platform) if platform else None
    cache = cache or default_cache()
    other = platform is not None and not assemble.matches(told.image.platform, platform)
    outline = None if other else told.image
    key = f"{told.image.id}-{platform if other else told.image.platform}"
    kept = _kept(cache, key)
    if kept is None:
        with steps.step(f"Reading {name}", unit="bytes") as step:
            wanted = platform if other else None
            before = _Before(cache)
            kept = _stream(client, told, wanted, _listener(told.image, on_layer), before.content, step)
        _keep(cache, key, *kept, before.found)
    elif on_layer:
        for like, part in zip(told.image.layers if not other else (), kept[1], strict=False):
            on_layer(assemble.layer(like.index, like.diff_id, part, like))
    found, parts = kept
    return assemble.image(name, found, parts.__getitem__, outline=outline, dockerfile=dockerfile)


class _Before:
    """The layers that were read before, by digest; `found` are those that were asked for."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self.found: set[str] = set()

    def content(self, digest: str) -> Content | None:
        content = self._cache.layer(digest)
        if content:
            self.found.add(digest)
        return content


def _stream(
    client: docker.DockerClient,
    told: Told,
    platform: str | None,
    listen: Callable[[str, Read], None] | None,
    known: Callable[[str], Content | None],
    step: Step,
) -> tuple[Candidate, list[Part]]:
    name, wanted = told.image.name, platform or told.image.platform
    try:
        with image_stream(client, _one(name), _query(client, told, platform)) as pieces:
            found = scan(_counted(pieces, step), on_read=listen, known=known)
    except ImageNotFound as error:
        _still_there(client, name)
        raise no_platform(name, wanted, platforms(client, name)) from error
    except (ImageDamaged, NotAnImage) as error:
        _still_there(client, name)
        if isinstance(error, CutOff):
            raise EngineGone(
                f"The engine's stream of {name} ended in the middle.", hint="Try it again."
            ) from error
        raise
    there = candidates(found.document)
    fitting = [
        one for one in there if not wanted or not one.platform or assemble.matches(one.platform, wanted)
    ]
    if there and not fitting:
        raise no_platform(name, wanted, [one.platform for one in there])
    if not fitting:
        raise NotAnImage(f"The engine's stream of {name} holds no image.", hint="Run: course doctor")
    return fitting[0], _parts(found, fitting[0])


def _one(name: str) -> str:
    """The name of one image: without a tag, the engine would send every tag of that repository."""
    return name if _ID.fullmatch(name) else normal_tag(name)


def _parts(found: Scan, chosen: Candidate) -> list[Part]:
    read = [(blob, found.read(blob.member)) for blob in chosen.blobs]
    for blob, one in read:
        if blob.diff_id != (one.diff_id or blob.diff_id) or (blob.digest or one.blob) != (
            one.blob or blob.digest
        ):
            raise ImageDamaged(
                f"A layer's bytes are not those of its digest {blob.diff_id[:19]}….",
                hint="The engine's store, or the way to it, is damaged. Pull or build the image again.",
            )
    return [
        Part(one.content, one.blob or blob.digest, one.stored, one.packed, one.blob or one.diff_id)
        for blob, one in read
    ]


def _query(client: docker.DockerClient, told: Told, platform: str | None) -> str:
    """Asks for one platform, where the engine can: it would send all of them."""
    if not told.on_containerd or version_number(client.api.api_version) < _CHOOSES_PLATFORM:
        return ""
    system, _, rest = (platform or told.image.platform).partition("/")
    cpu, _, variant = rest.partition("/")
    if not system or not cpu:
        return ""
    wanted = {"os": system, "architecture": cpu} | ({"variant": variant} if variant else {})
    return f"?platform={quote(json.dumps(wanted))}"


def _counted(pieces: Iterator[bytes], step: Step) -> Iterator[Piece]:
    done = reported = 0
    for piece in pieces:
        done += len(piece)
        if done - reported > 1 << 22:
            reported = done
            step.update(done)
        yield piece


def _listener(outline: Image, on_layer: OnLayer | None) -> Callable[[str, Read], None] | None:
    """Tells `on_layer` of what was read, if it is one of the image's layers: each place that it has."""
    if on_layer is None:
        return None

    def listen(_: str, read: Read) -> None:
        for like in outline.layers:
            if like.diff_id == read.diff_id:
                part = Part(read.content, read.blob, read.stored, read.packed)
                on_layer(assemble.layer(like.index, like.diff_id, part, like))

    return listen


def _still_there(client: docker.DockerClient, name: str) -> None:
    """Returns if the image is still there. Raises ImageNotFound, or EngineGone if the engine went away."""
    try:
        tell(client, name)
    except ImageNotFound as error:
        raise ImageNotFound(
            f"The image {name!r} was deleted while it was read.", hint="Build or pull it again."
        ) from error


def _keep(cache: Cache, key: str, found: Candidate, parts: list[Part], there: Set[str]) -> None:
    """`there`: what is in the cache already."""
    for part in parts:
        if part.key not in there:
            cache.keep_layer(part.key, part.content)
    listed = [
        {
            "digest": part.digest,
            "diff_id": blob.diff_id,
            "stored": part.stored,
            "packed": part.packed,
            "key": part.key,
        }
        for blob, part in zip(found.blobs, parts, strict=True)
    ]
    about = {key: value for key, value in asdict(found).items() if key != "blobs"}
    cache.keep_note(key, {"about": about, "layers": listed})


def _kept(cache: Cache, key: str) -> tuple[Candidate, list[Part]] | None:
    """The image from the cache, if every layer of it is there."""
    note: Any = cache.note(key)
    parts: list[Part] = []
    with suppress(KeyError, TypeError, ValueError):
        about = dict(note["about"])
        about["names"] = tuple(about["names"])
        for one in note["layers"]:
            content = cache.layer(one["key"])
            if content is None:
                return None
            parts.append(Part(content, one["digest"], int(one["stored"]), one["packed"]))
        blobs = tuple(Blob("", one["digest"], one["diff_id"]) for one in note["layers"])
        return Candidate(**about, blobs=blobs), parts
    return None

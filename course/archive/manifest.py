"""Which images an archive holds, read from its JSON: docker save of any age, and OCI layouts.

The names of members and the shape of the documents are those of the OCI image specification (image-layout.md,
image-index.md, manifest.md, config.md) and of docker save's `manifest.json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from course.errors import ImageDamaged

_DIGEST = re.compile(r"(sha256|sha512):([0-9a-f]{64,128})")
_CONTAINERD_NAME = "io.containerd.image.name"
_OCI_NAME = "org.opencontainers.image.ref.name"
_DEPTH = 4  # an index may name indexes; nobody nests deeper

GetDocument = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Blob:
    """A layer as an archive stores it."""

    member: str  # the file that holds it: "blobs/sha256/…", "…/layer.tar"
    digest: str  # sha256:… of its bytes as stored; "" where the member's name doesn't tell
    diff_id: str


@dataclass(frozen=True)
class Candidate:
    """One image for one platform."""

    names: tuple[str, ...]
    id: str  # the manifest's digest in an OCI layout, else the configuration's
    platform: str  # "linux/amd64"; "" where nothing tells
    config: dict[str, Any]  # the whole configuration: config, rootfs, history, …
    blobs: tuple[Blob, ...]


def candidates(document: GetDocument) -> list[Candidate]:
    """The images whose manifest and configuration the archive holds.

    Raises ImageDamaged where a document makes no sense.
    """
    index = parse(document("index.json"), "index.json")
    found = list(_merged(_from_index(document, index, (), _DEPTH))) if isinstance(index, dict) else []
    if found:
        return found
    saved = parse(document("manifest.json"), "manifest.json")
    return list(_from_save(document, saved)) if isinstance(saved, list) else []


def parse(body: bytes | None, name: str) -> Any:
    """A document's JSON; None if it isn't there."""
    if body is None:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ImageDamaged(
            f"The image's {name} is no JSON.", hint="Save or download it again.", detail=str(error)[:200]
        ) from error


def _from_index(
    document: GetDocument, index: dict[str, Any], names: tuple[str, ...], depth: int
) -> Iterator[Candidate]:
    for descriptor in _dicts(index.get("manifests")):
        digest = str(descriptor.get("digest"))
        body = parse(document(blob_member(digest)), digest)
        notes = _dict(descriptor.get("annotations"))
        if not isinstance(body, dict) or "vnd.docker.reference.type" in notes:
            continue  # of another platform and not in the archive; or an attestation
        told = tuple(str(notes[key]) for key in (_CONTAINERD_NAME, _OCI_NAME) if key in notes)[:1] or names
        if "manifests" in body:
            if depth:
                yield from _from_index(document, body, told, depth - 1)
            continue
        config = parse(document(blob_member(str(_dict(body.get("config")).get("digest")))), "configuration")
        if not isinstance(config, dict) or "rootfs" not in config:
            continue  # no container image: an attestation, a chart, …
        layers = [str(layer.get("digest")) for layer in _dicts(body.get("layers"))]
        blobs = _blobs(config, [(blob_member(layer), layer) for layer in layers])
        where = _platform(_dict(descriptor.get("platform"))) or _platform(config)
        yield Candidate(told, digest, where, config, blobs)


def _from_save(document: GetDocument, saved: list[Any]) -> Iterator[Candidate]:
    for entry in _dicts(saved):
        member = str(entry.get("Config"))
        config = parse(document(member), member)
        if not isinstance(config, dict):
            raise ImageDamaged(f"The image's configuration {member[:80]!r} is missing.", hint=_AGAIN)
        layers = [str(name) for name in entry.get("Layers") or []]
        blobs = _blobs(config, [(name, digest_of(name)) for name in layers])
        names = tuple(str(tag) for tag in entry.get("RepoTags") or [])
        plain = member.rpartition("/")[2].removesuffix(".json")
        yield Candidate(names, f"sha256:{plain}", _platform(config), config, blobs)


def _blobs(config: dict[str, Any], stored: list[tuple[str, str]]) -> tuple[Blob, ...]:
    diff_ids = [str(one) for one in _dict(config.get("rootfs")).get("diff_ids") or []]
    if len(diff_ids) != len(stored):
        raise ImageDamaged(
            f"The image's manifest lists {len(stored)} layers, its configuration {len(diff_ids)}.",
            hint=_AGAIN,
        )
    return tuple(
        Blob(member, digest, diff_id) for (member, digest), diff_id in zip(stored, diff_ids, strict=True)
    )


def _merged(found: Iterator[Candidate]) -> Iterator[Candidate]:
    """The same manifest under several names, once."""
    by_id: dict[str, Candidate] = {}
    for one in found:
        known = by_id.get(one.id)
        names = dict.fromkeys((*(known.names if known else ()), *one.names))
        by_id[one.id] = replace(one, names=tuple(names))
    yield from by_id.values()


def blob_member(digest: str) -> str:
    """Where an OCI layout keeps a blob. "" for what is no digest: nothing is there."""
    match = _DIGEST.fullmatch(digest)
    return f"blobs/{match[1]}/{match[2]}" if match else ""


def digest_of(member: str) -> str:
    """The digest that a member's name tells, or ""."""
    parts = member.split("/")
    digest = ":".join(parts[1:]) if parts[0] == "blobs" else ""
    return digest if _DIGEST.fullmatch(digest) else ""


def _platform(told: dict[str, Any]) -> str:
    system, cpu, variant = (str(told.get(key) or "") for key in ("os", "architecture", "variant"))
    if not system or not cpu or "unknown" in (system, cpu):
        return ""
    return "/".join(filter(None, (system, cpu, "" if (cpu, variant) == ("arm64", "v8") else variant)))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


_AGAIN = "Save or download it again."

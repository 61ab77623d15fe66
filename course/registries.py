"""What a registry keeps: the folder of the distribution registry (`registry:2`), read as it lies there.

Its layout: docker/registry/v2/blobs/sha256/ab/abcd…/data holds the bytes, each once; beside it,
repositories/NAME/_manifests says which manifests the repository has (revisions) and what each tag points to.
All else is links to blobs.
"""

from __future__ import annotations

import contextlib
import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import IO, Any, cast

_ROOT = "/var/lib/registry"
_BLOB = re.compile(r"/blobs/sha256/[0-9a-f]{2}/([0-9a-f]{64})/data$")
_TAG = re.compile(r"/repositories/(.+)/_manifests/tags/([^/]+)/current/link$")
_REVISION = re.compile(r"/repositories/(.+)/_manifests/revisions/sha256/([0-9a-f]{64})/link$")
_DOCUMENT_MAX = 1 << 20  # bytes; registries take no manifest over 4 MiB, and these are a lesson's


class Kind(Enum):
    """What a blob is, by what it holds."""

    INDEX = "index"
    MANIFEST = "manifest"
    CONFIG = "config"
    LAYER = "layer"


@dataclass(frozen=True)
class Blob:
    """Bytes that are kept under their digest. `names`: the digests that a manifest or an index points to."""

    digest: str
    size: int
    kind: Kind
    names: tuple[str, ...] = ()
    platform: str = ""  # of a config: architecture
    layers: tuple[str, ...] = ()  # of a config: the digests of its layers, unpacked


@dataclass(frozen=True)
class Store:
    """All that a registry keeps. `tags`: "shop/greeting:1" → digest; `manifests`: those that a repository
    has, with a tag or without."""

    blobs: Mapping[str, Blob]
    tags: Mapping[str, str]
    manifests: frozenset[str]

    @property
    def size(self) -> int:
        """Bytes of all blobs."""
        return sum(blob.size for blob in self.blobs.values())

    def reached(self, roots: Iterable[str]) -> frozenset[str]:
        """The digests of `roots` and of all that they name, as far as they are kept."""
        found: set[str] = set()
        waiting = list(roots)
        while waiting:
            digest = waiting.pop()
            if digest in self.blobs and digest not in found:
                found.add(digest)
                waiting += self.blobs[digest].names
        return frozenset(found)

    @property
    def garbage(self) -> frozenset[str]:
        """What no repository has or needs any more: `registry garbage-collect` would take it."""
        return frozenset(self.blobs) - self.reached((*self.manifests, *self.tags.values()))

    def platform(self, digest: str) -> str:
        """The architecture that a manifest's config says; "" where there is none."""
        blob = self.blobs.get(digest)
        named = (self.blobs[each] for each in blob.names if each in self.blobs) if blob else ()
        return next((each.platform for each in named if each.platform), "")


def read_store(registry: Any) -> Store:
    """The store of a registry that runs as the container `registry` (docker-py's), stopped or not.

    Raises docker-py's errors.
    """
    chunks, _ = registry.get_archive(_ROOT)
    stream = cast("IO[bytes]", _Pieces(chunks))
    with contextlib.closing(chunks), tarfile.open(fileobj=stream, mode="r|") as tar:
        return read(tar)


def read(tar: tarfile.TarFile) -> Store:
    """The store that a tar of the registry's folder holds."""
    blobs: dict[str, Blob] = {}
    tags: dict[str, str] = {}
    manifests: set[str] = set()
    for member in tar:
        path = "/" + member.name
        file = tar.extractfile(member) if member.isreg() else None
        if file is None:
            continue
        if match := _BLOB.search(path):
            digest = f"sha256:{match[1]}"
            blobs[digest] = _blob(digest, member.size, file.read(_DOCUMENT_MAX))
        elif match := _TAG.search(path):
            tags[f"{match[1]}:{match[2]}"] = file.read(100).decode("ascii", "replace").strip()
        elif match := _REVISION.search(path):
            manifests.add(f"sha256:{match[2]}")
    for blob in [each for each in blobs.values() if each.kind is Kind.MANIFEST]:
        config = blobs.get(blob.names[0]) if blob.names else None
        if config and config.kind is Kind.LAYER:  # an artifact's: its manifest alone tells
            blobs[config.digest] = replace(config, kind=Kind.CONFIG)
    return Store(blobs, dict(sorted(tags.items())), frozenset(manifests))


def _blob(digest: str, size: int, start: bytes) -> Blob:
    document = _document(start) if len(start) == size else {}
    kind, named = Kind.LAYER, []
    if isinstance(document.get("manifests"), list):
        kind, named = Kind.INDEX, document["manifests"]
    elif isinstance(document.get("layers"), list):
        kind, named = Kind.MANIFEST, [document.get("config"), *document["layers"]]
    elif "rootfs" in document:
        kind = Kind.CONFIG
    names = tuple(str(each["digest"]) for each in named if isinstance(each, dict) and "digest" in each)
    platform = str(document.get("architecture", "")) if kind is Kind.CONFIG else ""
    layers = (document.get("rootfs") or {}).get("diff_ids") if kind is Kind.CONFIG else None
    return Blob(digest, size, kind, names, platform, tuple(map(str, layers or ())))


def _document(text: bytes) -> dict[str, Any]:
    if text[:1] == b"{":
        with contextlib.suppress(ValueError):
            found: dict[str, Any] = json.loads(text)
            return found
    return {}


class _Pieces:
    """Pieces of a stream, read as a file. The archive reader of the course is for images and stays there."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._kept = pieces, b""

    def read(self, count: int) -> bytes:
        while len(self._kept) < count and (piece := next(self._pieces, b"")):
            self._kept += piece
        part, self._kept = self._kept[:count], self._kept[count:]
        return part

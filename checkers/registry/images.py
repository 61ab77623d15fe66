"""Images made by hand, byte for byte the same everywhere: tar, config, manifest, and an index over CPUs.

Specification: github.com/opencontainers/image-spec. Layers are plain tars: what a compressor makes of the
same bytes differs between its versions, and with it the digest.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
CPUS = ("amd64", "arm64")


@dataclass(frozen=True)
class Blob:
    """A piece of an image, found by its digest."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """sha256:… of the bytes."""
        return "sha256:" + hashlib.sha256(self.data).hexdigest()

    def descriptor(self, **more: Any) -> dict[str, Any]:
        """How another piece refers to it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data), **more}


@dataclass(frozen=True)
class Release:
    """One release of an image, for all CPUs. `digest` is what one pins: that of the index."""

    digest: str
    blobs: Mapping[str, Blob]


def release(files: Callable[[str], Mapping[str, bytes]], config: Mapping[str, Any], created: str) -> Release:
    """An image with the files `files(cpu)` (path → content, all executable) and a config."""
    blobs: list[Blob] = []
    manifests = []
    for cpu in CPUS:
        layer = Blob(_LAYER, _tar(files(cpu)))
        image = _json(
            _CONFIG,
            {
                "architecture": cpu,
                "os": "linux",
                "created": created,
                "config": dict(config),
                "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
                "history": [{"created": created, "created_by": "made by hand"}],
            },
        )
        manifest = _json(
            _MANIFEST,
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": image.descriptor(),
                "layers": [layer.descriptor()],
            },
        )
        blobs += [layer, image, manifest]
        manifests.append(manifest.descriptor(platform={"architecture": cpu, "os": "linux"}))
    index = _json(_INDEX, {"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests})
    return Release(index.digest, {blob.digest: blob for blob in (*blobs, index)})


def _json(media_type: str, value: Mapping[str, Any]) -> Blob:
    return Blob(media_type, json.dumps(value, separators=(",", ":"), sort_keys=True).encode())


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()

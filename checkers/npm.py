"""npm packages made by the checker: a version that nobody has seen before, and a project that asks for it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

_MANIFEST = "package/package.json"
_TIME = 499162500  # what npm itself writes into every package: 1985-10-26


def repack(package: bytes, *, version: str, mark: str) -> bytes:
    """The package as another version; `mark` goes into its package.json, so that no two are alike."""
    files = unpack(package)
    manifest = {**json.loads(files[_MANIFEST]), "version": version, "mark": mark}
    return pack({**files, _MANIFEST: _json(manifest)})


def unpack(package: bytes) -> dict[str, bytes]:
    """The regular files of a package, "package/…" → content."""
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isreg()}  # type: ignore[union-attr]


def pack(files: Mapping[str, bytes]) -> bytes:
    """A package of these files; the same files give the same bytes."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), 0o644, _TIME
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def depend(files: Mapping[str, bytes], name: str, version: str, package: bytes) -> dict[str, bytes]:
    """What changes in a project when it asks for that version, from its own vendor/: as `npm install` does
    it, package.json, package-lock.json and the package itself."""
    where = f"vendor/{name}-{version}.tgz"
    manifest = json.loads(files["package.json"])
    lock = json.loads(files["package-lock.json"])
    for asking in (manifest, lock["packages"][""]):
        kind = next(kind for kind in ("dependencies", "devDependencies") if name in (asking.get(kind) or {}))
        asking[kind][name] = f"file:{where}"
    digest = base64.b64encode(hashlib.sha512(package).digest()).decode("ascii")
    lock["packages"][f"node_modules/{name}"] |= {
        "version": version,
        "resolved": f"file:{where}",
        "integrity": f"sha512-{digest}",
    }
    return {"package.json": _json(manifest), "package-lock.json": _json(lock), where: package}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"

"""What an image says of its own packages: the start of an SBOM, a software bill of materials.

Scanners read the records that package managers keep: dpkg's and apk's databases, Python's dist-info.
So does this, and like them it knows nothing of a file that came in another way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import normpath
from typing import Literal

import docker
import xxhash

from course.archive import Document, File, contents, read_image
from course.layers import Image

Kind = Literal["deb", "apk", "python"]
# A record's place → who keeps it. Distroless images have one file a package, in dpkg/status.d.
_RECORDS: dict[str, Kind] = {
    "var/lib/dpkg/status": "deb",
    "var/lib/dpkg/status.d/*": "deb",
    "lib/apk/db/installed": "apk",
    "usr/lib/apk/db/installed": "apk",
    "*.dist-info/METADATA": "python",
    "*.egg-info/PKG-INFO": "python",
}
_FIELDS: dict[Kind, tuple[str, str]] = {
    "deb": ("Package", "Version"),
    "apk": ("P", "V"),
    "python": ("Name", "Version"),
}
_LARGEST = 32 << 20  # bytes of a record that are read; Debian's whole desktop has a tenth of it


@dataclass(frozen=True, order=True)
class Package:
    """One package, by the record of it at `path`."""

    kind: Kind
    name: str
    version: str
    path: str


def inventory(client: docker.DockerClient, name: str) -> tuple[Package, ...]:
    """The packages that the records in the image's final tree tell of, in the order of kind and name.

    A record that a later layer deletes is none. Raises ImageNotFound, ImageDamaged, NotAnImage, EngineError.
    """
    image = read_image(client, name)
    shown = _shown(image)
    # Without names of blobs (old engines) everything is streamed again: slower, and the same answer.
    skip = {layer.digest for layer in image.layers if layer.digest} - {
        image.layers[layer].digest for layer, _ in shown.values()
    }
    return packages(contents(client, name, skip=frozenset(skip)), image) if shown else ()


def packages(parts: Iterator[Document | File], image: Image) -> tuple[Package, ...]:
    """The same from the parts of the image's archive."""
    wanted = {path: digest for path, (_, digest) in _shown(image).items()}
    found: set[Package] = set()
    for part in parts:
        if isinstance(part, Document):
            continue
        path = normpath(part.member.name.decode("utf-8", "surrogateescape")).lstrip("/")
        if path not in wanted or part.member.stored > _LARGEST:
            continue
        body = b"".join(part.pieces)
        # The same path may be in several layers: what the final tree shows is told by its content.
        if xxhash.xxh3_128(body).hexdigest() == wanted[path]:
            found.update(_recorded(body.decode("utf-8", "replace"), _keeper(path), path))
    return tuple(sorted(found))


def _shown(image: Image) -> dict[str, tuple[int, str]]:
    """The records of the final tree: path → the layer that holds it, the digest of its content."""
    return {
        path: (node.inode.layer, node.digest)
        for path, node in image.tree.walk()
        if node.inode and _keeper(path)
    }


def _keeper(path: str) -> Kind | None:
    return next((kind for pattern, kind in _RECORDS.items() if fnmatchcase(path, pattern)), None)


def _recorded(text: str, kind: Kind | None, path: str) -> Iterator[Package]:
    if kind is None:
        return
    blocks = text.split("\n\n")
    for block in blocks[:1] if kind == "python" else blocks:  # below METADATA's first blank line is prose
        fields = _fields(block)
        name, version = (fields.get(field, "") for field in _FIELDS[kind])
        # dpkg remembers what was removed, too; distroless' files have no Status.
        if name and fields.get("Status", "installed").split()[-1:] == ["installed"]:
            yield Package(kind, name, version, path)


def _fields(block: str) -> dict[str, str]:
    lines = (line.partition(":") for line in block.splitlines() if not line.startswith((" ", "\t")))
    fields: dict[str, str] = {}
    for key, _, value in lines:
        fields.setdefault(key, value.strip())
    return fields

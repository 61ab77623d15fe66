"""Layers that were read before, by the digest of their bytes: the second look at an image reads nothing.

One file a layer, written beside and moved into place, so that two programs never see half of one. A file
that is damaged, or of another version of this module, counts as not there. Nothing in it is ever executed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from course.archive.layer import Content
from course.layers import Entry
from course.paths import paths

MOST_BYTES = 256 << 20
"""Of all files together; the longest unused go first. 25,000 files take about a megabyte."""
_VERSION = 1
_MOST_UNPACKED = 1 << 30
_KEY = re.compile(r"[\w.-]{1,200}")


@dataclass(frozen=True)
class Cache:
    """The files in one folder."""

    folder: Path
    most_bytes: int = MOST_BYTES

    def layer(self, *digests: str) -> Content | None:
        """What the layer of one of these digests lists; None if it isn't here."""
        for digest in filter(None, digests):
            found = self._load(f"layer-{_name(digest)}")
            with contextlib.suppress(KeyError, TypeError, ValueError):
                if found is not None:
                    return _unpack(found)
        return None

    def keep_layer(self, digest: str, content: Content) -> None:
        """Keeps what a layer lists, under a digest that was computed from its bytes."""
        self._save(f"layer-{_name(digest)}", _pack(content))

    def note(self, key: str) -> Any | None:
        """A small JSON value kept under `key`."""
        return self._load(f"note-{_name(key)}")

    def keep_note(self, key: str, value: Any) -> None:
        """Keeps a small JSON value."""
        self._save(f"note-{_name(key)}", value)

    def _load(self, name: str) -> Any | None:
        path = self.folder / name
        try:
            packed = path.read_bytes()
            size = zstandard.frame_content_size(packed)
            if not 0 <= size <= _MOST_UNPACKED:
                return None
            value = json.loads(zstandard.ZstdDecompressor().decompress(packed))
            os.utime(path)  # the longest unused go first
        except (OSError, ValueError, RecursionError, zstandard.ZstdError):
            return None
        return value["value"] if isinstance(value, dict) and value.get("version") == _VERSION else None

    def _save(self, name: str, value: Any) -> None:
        """Failing to keep something (a full disk, a read-only home) is no failure: it is read again."""
        body = json.dumps({"version": _VERSION, "value": value}, separators=(",", ":")).encode()
        part = self.folder / f".{uuid.uuid4().hex}.part"
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                part.write_bytes(zstandard.ZstdCompressor(level=1, write_checksum=True).compress(body))
                part.replace(self.folder / name)
            finally:
                part.unlink(missing_ok=True)
            self._trim()

    def _trim(self) -> None:
        files = []
        for entry in os.scandir(self.folder):
            with contextlib.suppress(OSError):  # another program may just have removed it
                status = entry.stat()
                files.append((status.st_mtime, status.st_size, entry.path))
        spare = sum(size for _, size, _ in files) - self.most_bytes
        for _, size, path in sorted(files):
            if spare <= 0:
                return
            Path(path).unlink(missing_ok=True)
            spare -= size


def default_cache() -> Cache:
    """The one in the course's cache folder."""
    return Cache(paths().cache / "layers")


def _name(key: str) -> str:
    name = key.replace(":", "-").replace("/", "-")
    if not _KEY.fullmatch(name):
        raise ValueError(f"{key!r} is no key")
    return name


def _pack(content: Content) -> dict[str, Any]:
    entries = content.entries
    return {
        # Columns, not rows: like stands beside like, and packs to a third of the size.
        "columns": [
            [getattr(entry, field) for entry in entries]
            for field in ("path", "kind", "size", "mode", "uid", "gid", "target", "digest")
        ],
        "whiteouts": content.whiteouts,
        "opaque": content.opaque,
        "tar_bytes": content.tar_bytes,
        "stream_bytes": content.stream_bytes,
    }


def _unpack(found: dict[str, Any]) -> Content:
    return Content(
        tuple(Entry(*row) for row in zip(*found["columns"], strict=True)),
        tuple(found["whiteouts"]),
        tuple(found["opaque"]),
        int(found["tar_bytes"]),
        int(found["stream_bytes"]),
    )

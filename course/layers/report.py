"""The stable form of an image's anatomy, which `course layers --json` prints."""

from __future__ import annotations

from typing import Any

from course.layers.compare import duplicates
from course.layers.image import Image
from course.layers.model import Entry, Layer


def to_json(image: Image, *, files: bool = False) -> dict[str, Any]:
    """The image as JSON's own types, sizes in bytes. `files`: each layer's entries and all hidden files too.

    Text holds U+FFFD where a name is not UTF-8: JSON knows no such bytes.
    """
    found = {
        "image": image.name,
        "id": image.id or None,
        "platform": image.platform or None,
        "complete": image.complete,
        "tar_bytes": image.tar_bytes,
        "compressed_bytes": image.compressed_bytes,
        "disk_bytes": image.disk_bytes,
        "visible_bytes": image.visible_bytes,
        "hidden_bytes": image.hidden_bytes,
        "hidden_by_cause": _by_cause(image),
        "duplicate_bytes": sum(one.spare_bytes for one in duplicates(image)),
        "dive_wasted_bytes": image.dive.wasted_bytes,
        "dive_efficiency": round(image.dive.efficiency, 6),
        "files": image.files,
        "layers": [_layer(image, layer, files) for layer in image.layers],
    }
    if files:
        found["hidden"] = [
            {
                "path": readable(item.path),
                "bytes": item.size,
                "layer": item.layer,
                "hidden_by": item.hidden_by,
                "cause": item.cause,
                "same_content": item.same_content,
            }
            for item in image.hidden
        ]
    return found


def readable(path: str) -> str:
    """A path that can be printed: bytes that are no UTF-8 become U+FFFD."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _by_cause(image: Image) -> dict[str, int]:
    found = dict.fromkeys(("rewritten", "deleted", "opaque", "replaced"), 0)
    for item in image.hidden:
        found[item.cause] += item.size
    return found


def _layer(image: Image, layer: Layer, files: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "index": layer.index,
        "instruction": layer.instruction or None,
        "line": layer.line,
        "diff_id": layer.diff_id or None,
        "digest": layer.digest or None,
        "compression": layer.compression or None,
        "tar_bytes": layer.tar_bytes,
        "stream_bytes": layer.stream_bytes,
        "compressed_bytes": layer.compressed_bytes,
        "disk_bytes": layer.disk_bytes,
        "files": layer.files,
        "hidden_bytes": image.hidden_in(layer.index),
        "whiteouts": len(layer.whiteouts),
        "opaque": len(layer.opaque),
        "empty": layer.empty,
    }
    if files:
        found["entries"] = [_entry(entry) for entry in layer.entries]
        found["deleted"] = [readable(path) for path in layer.whiteouts]
        found["emptied"] = [readable(path) for path in layer.opaque]
    return found


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "path": readable(entry.path),
        "kind": entry.kind,
        "bytes": entry.size,
        "mode": f"{entry.mode:04o}",
        "uid": entry.uid,
        "gid": entry.gid,
        "target": readable(entry.target) or None,
        "digest": entry.digest or None,
    }

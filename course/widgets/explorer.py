"""The files of an image, layer by layer: the layers on the left, the chosen one's tree on the right."""

from __future__ import annotations

import json
from typing import Any

import anywidget
import traitlets

from course.layers import Entry, Hidden, Image, readable
from course.widgets.assets import script, style

_WHAT = {"added": 0, "changed": 1, "removed": 2}
_KINDS = ("file", "dir", "symlink", "hardlink", "device", "fifo")
_CAUSES = {
    "rewritten": "written again by",
    "deleted": "deleted by",
    "opaque": "its folder was emptied by",
    "replaced": "replaced by",
}


class Explorer(anywidget.AnyWidget):
    """Every change that every layer makes, sent once, as columns; the page does the rest."""

    _esm = script("explorer")
    _css = style("explorer")

    heading = traitlets.Unicode().tag(sync=True)
    layers = traitlets.List(traitlets.Dict()).tag(sync=True)
    columns = traitlets.Bytes().tag(sync=True)  # JSON; as bytes they pass the kernel's encoder whole

    def __init__(self, image: Image) -> None:
        self._image = image
        super().__init__(
            heading=readable(image.name),
            layers=[_layer(image, index) for index in range(len(image.layers))],
            columns=json.dumps(columns(image), separators=(",", ":")).encode(),
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found = super()._repr_mimebundle_(**kwargs)
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        text = f"[explorer] the layers and files of {readable(self._image.name)}"
        if not self._image.layers:
            return {**data, "text/plain": text}, metadata
        from course.plots import layer_bar

        still, look = layer_bar(self._image)._repr_mimebundle_()
        return {**data, **still, "text/plain": text}, {**metadata, **look}


def columns(image: Image) -> dict[str, list[Any]]:
    """One row a change: layer by layer, each layer's by path.

    `what`: 0 added, 1 changed, 2 removed (`size` is then that of what was removed). `kind`: a place in
    `_KINDS`. `by`: the layer that hides the row's bytes, -1 for none; `why`: how. `link`: a link's target.
    """
    hidden: dict[tuple[int, str], Hidden] = {}
    twice: list[Hidden] = []  # in one layer's tar: the row of that path is of the last one
    for one in image.hidden:
        (twice.append(one) if one.layer == one.hidden_by else hidden.setdefault((one.layer, one.path), one))
    table: dict[str, list[Any]] = {
        name: [] for name in ("layer", "path", "what", "size", "kind", "by", "why", "link")
    }

    def add(layer: int, path: str, what: int, entry: Entry | None, over: Hidden | None) -> None:
        row = (
            layer,
            readable(path),
            what,
            entry.size if entry else 0,
            _KINDS.index(entry.kind) if entry else 1,
            over.hidden_by if over else -1,
            _why(over) if over else "",
            readable(entry.target) if entry and entry.target else "",
        )
        for name, value in zip(table, row, strict=True):
            table[name].append(value)

    for changes in image.changes:
        for change in changes:
            entry = change.entry if change.what != "removed" else change.before
            over = None if change.what == "removed" else hidden.pop((change.layer, change.path), None)
            add(change.layer, change.path, _WHAT[change.what], entry, over)
    for over in [*twice, *hidden.values()]:
        add(over.layer, over.path, 0, Entry(over.path, "file", over.size), over)
    return table


def _why(over: Hidden) -> str:
    if over.layer == over.hidden_by:
        return "this layer holds it twice"
    same = " with the same bytes" if over.same_content else ""
    return f"{_CAUSES[over.cause]} layer {over.hidden_by + 1}{same}"


def _layer(image: Image, index: int) -> dict[str, Any]:
    layer = image.layers[index]
    return {
        "instruction": " ".join(readable(layer.instruction).split())[:300] or "no history says what made it",
        "line": layer.line,
        "size": layer.shown_bytes,
        "hidden": image.hidden_in(index),
    }

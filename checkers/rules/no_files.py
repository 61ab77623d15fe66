"""Files of some kind are in no layer of the image: neither to be seen, nor hidden by a later layer."""

from __future__ import annotations

import re

from checkers.attempt import Attempt
from checkers.limits import size
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.shorten import short_path
from course.layers import Entry, Layer

_HIDDEN = "A layer is never changed again. What only the build needs is mounted, or left in another stage."
_MANY = 8  # paths that a report shows


def no_files(what: str, pattern: str, hint: str) -> Rule:
    """No layer holds a file whose path matches `pattern`. Mounts of a RUN are in no layer."""

    def check(attempt: Attempt) -> Outcome:
        image = attempt.layers()
        found = [
            (layer, entry)
            for layer in image.layers
            for entry in layer.entries
            if entry.kind == "file" and re.search(pattern, entry.path)
        ]
        if not found:
            return passed(f"Nothing of {what} in {len(image.layers)} layers.")
        seen = [
            entry
            for layer, entry in found
            if (node := image.tree.get(entry.path)) and node.layer == layer.index
        ]
        return wrong(
            f"{len(found)} file{'s' * (len(found) > 1)} of {what} in the image's layers"
            + (", deleted by a later one, and still sent with it." if not seen else "."),
            hint if seen else _HIDDEN,
            misconception=None if seen else "M06",
            line=found[0][0].line,
            evidence="\n".join(_shown(layer, entry) for layer, entry in found[:_MANY]),
        )  # fmt: skip

    return Rule("no-files", f"Nothing of {what} in any layer", check, needs=("builds",), apart=True)


def _shown(layer: Layer, entry: Entry) -> str:
    return f"/{short_path(entry.path)}  {size(entry.size)}, by {layer.instruction[:40]}"

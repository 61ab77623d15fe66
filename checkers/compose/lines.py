"""Where something stands in the learner's Compose files, to point at it. Nothing is decided by it."""

from __future__ import annotations

from typing import Any, TypedDict

import yaml

from checkers.attempt import Attempt
from checkers.compose.reach import NoProject, Refused, compose_files


class Place(TypedDict, total=False):
    """As `wrong(…)` takes it: a file of the folder and a line of it; nothing where it isn't found."""

    file: str
    line: int


def place(attempt: Attempt, *keys: str) -> Place:
    """The line of `services`, "app", "environment"; or of as much of that as there is. The last file that has
    the most of it counts: that is an override's."""
    best, found = 0, Place()
    try:
        files = compose_files(attempt.folder)
        for file in files:
            root = yaml.compose(file.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
            depth, line = _deepest(root, keys)
            if depth and depth >= best:
                best, found = depth, Place(file=file.relative_to(attempt.folder).as_posix(), line=line)
    except (Refused, NoProject, yaml.YAMLError, OSError, UnicodeDecodeError, RecursionError):
        return Place()
    return found


def _deepest(node: Any, keys: tuple[str, ...]) -> tuple[int, int]:
    depth = line = 0
    for key in keys:
        entries = node.value if isinstance(node, yaml.MappingNode) else ()
        hit = next(((one, value) for one, value in entries if getattr(one, "value", None) == key), None)
        if hit is None:
            break
        depth, line, node = depth + 1, hit[0].start_mark.line + 1, hit[1]
    return depth, line

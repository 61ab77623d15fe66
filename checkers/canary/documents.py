"""The texts of a JSON document, with the way to each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from course.errors import ImageDamaged

_DEEPEST = 64  # levels of a JSON document; no image's and no container's has more
Way = tuple[str | int, ...]


def texts(said: Any, way: Way = ()) -> Iterator[tuple[Way, str]]:
    """Each text of a document, the names in it too, with the way to it. Raises ImageDamaged if it goes deeper
    than any real one."""
    if isinstance(said, str):
        yield way, said
    elif len(way) > _DEEPEST:
        raise ImageDamaged("One of the image's documents is nested too deeply.", hint="Build it again.")
    elif isinstance(said, dict):
        for key, value in said.items():
            yield way, key
            yield from texts(value, (*way, key))
    elif isinstance(said, list):
        for number, value in enumerate(said):
            yield from texts(value, (*way, number))

"""A Dockerfile in movable blocks, and what a build says of each beside what was predicted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from course.dockerfile import parse
from course.errors import CourseError
from course.trace import CacheStory

_STEPS = ("RUN", "COPY", "ADD", "WORKDIR")  # what BuildKit has a cache entry for; a base image is a given


def cut(dockerfile: str) -> list[dict[str, Any]]:
    """The instructions with the comments above them: `{"text", "step"}`; `step`: can the cache hold it?"""
    lines = dockerfile.splitlines()
    found: list[dict[str, Any]] = []
    begin = 0
    for one in parse(dockerfile):
        end = max(one.end, one.line)
        text = "\n".join(lines[begin:end]).strip("\n")
        found.append({"text": text, "step": one.keyword in _STEPS})
        begin = end
    return found


def compose(blocks: Sequence[Mapping[str, Any]], order: Iterable[int]) -> tuple[str, dict[int, range]]:
    """The Dockerfile in that order, and for each block the lines that it takes, from 1."""
    lines: list[str] = []
    places: dict[int, range] = {}
    for position in order:
        own = str(blocks[position]["text"]).splitlines()
        places[position] = range(len(lines) + 1, len(lines) + len(own) + 1)
        lines += own
    return "\n".join(lines) + "\n", places


def block_at(places: Mapping[int, range], line: int) -> int | None:
    """The block that a line belongs to."""
    return next((block for block, lines in places.items() if line in lines), None)


def explain(error: CourseError, places: Mapping[int, range]) -> dict[str, Any]:
    """A failed build: `{"text", "hint", "detail", "block"}`, with the block at fault where it is known."""
    line = getattr(error, "line", None)
    return {
        "text": str(error),
        "hint": error.hint,
        "detail": error.detail,
        "block": block_at(places, line) if line else None,
    }


def outcomes(
    story: CacheStory, places: Mapping[int, range], predicted: set[int] | None
) -> list[dict[str, Any]]:
    """What became of each block that is a step: `{"block", "reused", "predicted", "why", "seconds"}`.

    `predicted`: the blocks said to be reused; None when nobody was asked, and then it is None throughout.
    """
    found = []
    for step in story.steps:
        block = block_at(places, step.line) if step.line else None
        if block is None or step.instruction.upper().startswith("FROM"):
            continue
        found.append(
            {
                "block": block,
                "reused": step.outcome == "reused",
                "predicted": None if predicted is None else block in predicted,
                "why": step.reason.text,
                "seconds": round(step.seconds, 2),
            }
        )
    return found

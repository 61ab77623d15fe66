"""Mutations of a shell script: each line dropped; of a docker command, each option dropped or misplaced.

It reads the plain style that the course's own solutions are written in: a command over several lines, an
option a line. It is no shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.bank.mutations.change import Change, short

_DOCKER = re.compile(r"\s*docker\s+(?:container\s+)?(?:run|create)\b")


def changes(text: str) -> Iterator[Change]:
    """Each command dropped; `exec` dropped; each option of a docker run dropped, or put behind its image."""
    lines = text.splitlines()
    for first, end in _commands(lines):
        said = " ".join(line.strip().removesuffix("\\").strip() for line in lines[first:end])
        yield Change(f"drop {short(said)}", _joined(lines[:first] + lines[end:]))
        if said.startswith("exec "):
            bare = lines[first].replace("exec ", "", 1)
            yield Change(f"without exec: {short(said)}", _joined([*lines[:first], bare, *lines[first + 1 :]]))
        if _DOCKER.match(lines[first]):
            yield from _docker(lines, first, end)


def _docker(lines: list[str], first: int, end: int) -> Iterator[Change]:
    options = [number for number in range(first + 1, end) if lines[number].lstrip().startswith("-")]
    image = next((number for number in range(first + 1, end) if number not in options), None)
    for number in options:
        said = short(lines[number].strip().removesuffix("\\"))
        yield Change(f"drop {said}", _joined(lines[:number] + lines[number + 1 :]))
    if image is None or image + 1 >= end:
        return
    for number in options:
        said = short(lines[number].strip().removesuffix("\\"))
        moved = [*lines[:number], *lines[number + 1 : image + 1], lines[number], *lines[image + 1 :]]
        yield Change(f"behind the image: {said}", _joined(moved))
    yield Change(
        "drop the command in the container",
        _joined([*lines[:image], lines[image].rstrip().removesuffix("\\"), *lines[end:]]),
    )


def _commands(lines: list[str]) -> Iterator[tuple[int, int]]:
    """First line and end (exclusive) of each command, with the lines that a backslash joins to it."""
    number = 0
    while number < len(lines):
        first = number
        while lines[number].endswith("\\") and number + 1 < len(lines):
            number += 1
        number += 1
        if lines[first].strip() and not lines[first].lstrip().startswith("#"):
            yield first, number


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)

"""Mutations of an ignore file: each line dropped."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from checkers.bank.mutations.change import Change, short


def changes(text: str) -> Iterator[Change]:
    """Each pattern dropped; and where there are exceptions, whose place counts, each pair swapped."""
    lines = text.splitlines()
    patterns = [number for number, line in enumerate(lines) if line.strip() and line.strip()[0] != "#"]
    for number in patterns:
        rest = lines[:number] + lines[number + 1 :]
        yield Change(f"drop {short(lines[number])}", _joined(rest))
    if not any(lines[number].strip().startswith("!") for number in patterns):
        return  # without exceptions the order means nothing
    for first, second in itertools.pairwise(patterns):
        swapped = list(lines)
        swapped[first], swapped[second] = lines[second], lines[first]
        yield Change(f"swap {short(lines[first])} | {short(lines[second])}", _joined(swapped))


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)

"""What all mutations are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
_LONGEST = 60


@dataclass(frozen=True)
class Change:
    """One mutation: what was done, in a few words, and the text that came of it."""

    name: str
    text: str


def short(text: str) -> str:
    """A line of a file as part of a name: one line, not too long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"


def numbered(named: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """The same, with the second of a name called "… (2)"."""
    seen: Counter[str] = Counter()
    for name, what in named:
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), what

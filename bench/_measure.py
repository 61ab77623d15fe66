"""How the benchmarks measure: interleaved runs, medians, pairs."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import track

from course.errors import InputError

T = TypeVar("T")
Chosen = TypeVar("Chosen", bound="Named")


class Skipped(Exception):
    """A benchmark that can't be run here, with the reason."""


def seconds(action: Callable[[], object]) -> float:
    """How long one call took, in seconds."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def interleaved(first: Callable[[], object], second: Callable[[], object], runs: int) -> tuple[float, float]:
    """The medians, in seconds, of two actions run in turn A B A B … after one uncounted run of each."""
    pairs = [(seconds(first), seconds(second)) for _ in rounds(runs + 1)][1:]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def rounds(runs: int, what: str = "rounds") -> Iterable[int]:
    """0, 1, 2 …, with a bar on a terminal while they are done: a benchmark may take minutes."""
    return progress(range(runs), what)


def progress(things: Sequence[T], what: str) -> Iterable[T]:
    """Each of them, with the same bar."""
    return track(things, f"    {what}", console=Console(stderr=True), transient=True)


class Named(Protocol):
    """What has an id: an exercise, a chapter."""

    @property
    def id(self) -> str: ...


def chosen(those: Sequence[Chosen], only: Sequence[str]) -> list[Chosen]:
    """Those whose id is in `only`, or all if that is empty. Raises InputError for an unknown one."""
    known = [one.id for one in those]
    if unknown := set(only) - set(known):
        raise InputError(f"There is no {', '.join(sorted(unknown))}.", hint="There are: " + ", ".join(known))
    return [one for one in those if not only or one.id in only]


def command(words: Sequence[str]) -> Callable[[], object]:
    """An action that runs a program to its end, its output thrown away."""
    return lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

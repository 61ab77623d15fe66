"""How library code reports long work without printing: it is handed a `Steps` and tells it.

The command line hands over one that draws progress bars; notebooks one that updates an output;
tests and library callers the silent one, which is the default.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Step(Protocol):
    """One piece of work under way."""

    def update(self, done: float | None = None, total: float | None = None, note: str = "") -> None:
        """Tell how far it is (any unit, e.g. bytes) and, in a few words, with what."""


class Steps(Protocol):
    """Somebody who listens."""

    def step(self, title: str, *, unit: str = "") -> AbstractContextManager[Step]:
        """Announce a step; its end, time and failure are seen when the context is left. May be called
        from several threads. `unit` is "bytes" where `update` counts bytes."""

    def note(self, text: str) -> None:
        """A line worth reading that is no step: what was found, what will be installed."""


class _Silent:
    def update(self, done: float | None = None, total: float | None = None, note: str = "") -> None:
        pass

    @contextmanager
    def step(self, title: str, *, unit: str = "") -> Iterator[Step]:
        yield self

    def note(self, text: str) -> None:
        pass


SILENT: Steps = _Silent()

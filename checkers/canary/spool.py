"""Bytes on their way into one piece that can be searched: in memory while they are few, else in a file."""

from __future__ import annotations

import contextlib
import mmap
import tempfile
from collections.abc import Iterable
from types import TracebackType

from checkers.canary.budget import Budget

View = bytes | mmap.mmap
"""Either can be searched, cut and matched. Cutting copies."""
PIECE = 1 << 16
"""Bytes taken in hand at once."""
_IN_MEMORY = 4 << 20


class Spool:
    """Takes pieces, gives a view. `budget` is charged for them."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed on leaving
        self._map: mmap.mmap | None = None
        self.size = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._map is not None:
            with contextlib.suppress(BufferError):  # an error's frames hold it still; it goes with them
                self._map.close()
        self._file.close()

    def fill(self, pieces: Iterable[bytes | memoryview]) -> Spool:
        """Takes all of them in."""
        for piece in pieces:
            self.size += len(piece)
            self._budget.write(len(piece), self.size)
            self._file.write(piece)
        return self

    def view(self) -> View:
        """All that was taken in. It ends with the spool."""
        if self.size <= _IN_MEMORY:
            self._file.seek(0)
            return self._file.read()
        self._file.flush()
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._map

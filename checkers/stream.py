"""An engine's answer as a file that can be read and left in the middle."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator


class Stream(io.RawIOBase):
    """Reads from an iterator of byte chunks, such as docker-py gives; closing it ends the answer."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fills `buffer` as far as one chunk goes; 0 at the end."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Lets go of the connection."""
        if not self.closed:
            with contextlib.suppress(Exception):
                self._chunks.close()  # type: ignore[attr-defined]
        super().close()

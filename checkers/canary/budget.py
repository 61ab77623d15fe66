"""What looking for a canary may cost: in bytes, not in seconds, so that an image's verdict stays the same."""

from __future__ import annotations

from checkers.limits import MIB, size

DEPTH = 5
"""How many wrappings are taken off, one in the other."""
_BYTES = 256 * MIB  # looked at in one image: as it is, unpacked and decoded
_VIEWS = 200_000  # things unpacked or decoded
_LARGEST = 64 * MIB  # of one file or stream, without what is inside of it


class TooMuchInside(Exception):
    """The image holds more than is looked through: a bomb, most likely."""


class Budget:
    """Counts; raises TooMuchInside where it is spent."""

    def __init__(self, most: int = _BYTES, views: int = _VIEWS, largest: int = _LARGEST) -> None:
        self.most, self.largest = most, largest
        self._bytes, self._views = most, views

    def view(self) -> None:
        """One more thing is looked at."""
        self._views -= 1
        if self._views < 0:
            raise TooMuchInside("it holds too many files and packed things")

    def write(self, count: int, so_far: int) -> None:
        """`count` bytes more are to be looked at, of a file or stream that has `so_far` by then."""
        self._bytes -= count
        if self._bytes < 0:
            raise TooMuchInside(f"all that it holds, unpacked, is more than {size(self.most)}")
        if so_far > self.largest:
            raise TooMuchInside(f"one file of it, unpacked, is more than {size(self.largest)}")

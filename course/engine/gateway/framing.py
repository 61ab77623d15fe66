"""Where a body ends. Bodies are passed on as they came; these only walk over them and count.

Each `feed` returns how many of the bytes it was shown belong to the body; the rest starts the next message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from course.errors import GatewayError

_LINE_MAX = 16_384
_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}")

Sink = Callable[[memoryview], None]


class Framing(Protocol):
    """One body under way."""

    sink: Sink | None  # is shown the content, if anybody wants it

    @property
    def done(self) -> bool:
        """Whether the whole body has been seen."""

    @property
    def payload(self) -> int:
        """Bytes of content so far, without the framing's own."""

    def feed(self, view: memoryview) -> int:
        """Walk over the bytes; how many of them belong to this body."""

    def end(self) -> bool:
        """The sender closed. Whether the body was complete then."""


class Length:
    """Content-Length, or no body at all (0)."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.payload = 0
        self.done = size == 0
        self.sink: Sink | None = None

    def feed(self, view: memoryview) -> int:
        step = min(self._left, len(view))
        self._left -= step
        self.payload += step
        self.done = self._left == 0
        if self.sink and step:
            self.sink(view[:step])
        return step

    def end(self) -> bool:
        return self.done


class UntilClose:
    """Everything until the sender closes: answers without a length, and hijacked connections."""

    def __init__(self) -> None:
        self.payload = 0
        self.done = False
        self.sink: Sink | None = None

    def feed(self, view: memoryview) -> int:
        self.payload += len(view)
        if self.sink:
            self.sink(view)
        return len(view)

    def end(self) -> bool:
        self.done = True
        return True


class Chunked:
    """Transfer-Encoding: chunked (RFC 9112, 7.1), with extensions and trailers skipped over."""

    def __init__(self) -> None:
        self.payload = 0
        self.done = False
        self.sink: Sink | None = None
        self._left = 0  # of the current chunk, with the CRLF that ends it
        self._line = b""  # a line whose end has not come yet
        self._trailer = False

    def feed(self, view: memoryview) -> int:
        at, size = 0, len(view)
        while at < size and not self.done:
            if self._left:
                step = min(self._left, size - at)
                if self.sink and self._left > 2:
                    self.sink(view[at : at + min(step, self._left - 2)])
                self._left -= step
                at += step
            else:
                at += self._feed_line(view[at : at + 64])
        return at

    def end(self) -> bool:
        return self.done

    def _feed_line(self, view: memoryview) -> int:
        piece = bytes(view)
        newline = piece.find(b"\n")
        if newline < 0:
            self._line += piece
            if len(self._line) > _LINE_MAX:
                raise GatewayError("A chunk's size line never ends.")
            return len(piece)
        line, self._line = (self._line + piece[:newline]).rstrip(b"\r"), b""
        if self._trailer:
            self.done = line == b""
        else:
            self._begin_chunk(line)
        return newline + 1

    def _begin_chunk(self, line: bytes) -> None:
        digits = line.split(b";", 1)[0].strip()
        if not _SIZE.fullmatch(digits):  # int() would also take "-1" and "0x1"
            raise GatewayError(f"A chunk's size cannot be read: {digits[:20]!r}.")
        size = int(digits, 16)
        self.payload += size
        self._trailer = size == 0
        self._left = size + 2 if size else 0

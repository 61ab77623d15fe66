"""What may look at a call on its way, and change it. The plain `Handling` does neither."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from course.engine.gateway.call import OpenCall
from course.engine.gateway.heads import Request, Response


@dataclass(frozen=True)
class Reply:
    """An answer that the gateway gives by itself; None for no content."""

    status: int
    content: Any

    def raw(self) -> bytes:
        body = b"" if self.content is None else json.dumps(self.content).encode()
        head = (
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


class Handling:
    """Follows one call. Every method is called by the connection's own thread."""

    wants_body = False
    """Whether `prepare` needs the whole request body (only where that is small)."""
    wants_answer = False
    """Whether `received` is called."""

    def __init__(self, call: OpenCall) -> None:
        self.call = call

    def prepare(self, request: Request, body: bytes | None) -> tuple[Request, bytes | None] | Reply:
        """The request as it goes to the engine, or the answer to give in its place. `body` is None unless
        it was wanted."""
        return request, body

    def answered(self, response: Response) -> None:
        """The answer's head is here."""

    def sent(self, view: memoryview) -> None:
        """Bytes on their way to the engine over a hijacked connection. Valid during the call only."""

    def received(self, view: memoryview) -> None:
        """Content of the answer on its way to the client. Valid during the call only."""

    def finished(self, complete: bool) -> None:
        """The answer is through; where it was `complete`, its last bytes are sent after this returns."""

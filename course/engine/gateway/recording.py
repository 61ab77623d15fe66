"""What every handler that labels or records has in common."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from course.engine.gateway.call import OpenCall
from course.engine.gateway.handling import Handling
from course.engine.gateway.heads import Request, Response
from course.engine.gateway.side import Side
from course.engine.ledger import How, Kind, Ledger

_TAIL_BYTES = 65_536
_FOUND_MOST = 2_000


@dataclass(frozen=True)
class Backend:
    """What a handler may use."""

    side: Side
    ledger: Ledger | None


class Recording(Handling):
    """Follows a call in order to write down what it made. Does nothing at all where no ledger is kept."""

    wants_answer = True

    def __init__(self, call: OpenCall, backend: Backend) -> None:
        super().__init__(call)
        self.side = backend.side
        self.ledger = backend.ledger
        self.status = 0
        self._tail = bytearray()

    def answered(self, response: Response) -> None:
        self.status = response.status

    def received(self, view: memoryview) -> None:
        self._tail += view
        if len(self._tail) > 2 * _TAIL_BYTES:
            del self._tail[:-_TAIL_BYTES]

    @property
    def answer(self) -> Any:
        """The answer's JSON; {} for one that is none, or too long."""
        try:
            return json.loads(self._tail)
        except ValueError:
            return {}

    def succeeded(self, complete: bool) -> bool:
        """Whether there is a ledger, and something to write into it."""
        return complete and self.ledger is not None and 200 <= self.status < 300

    def note(self, kind: Kind, name: str, id: str, how: How) -> None:
        """Write it down."""
        if self.ledger is not None:
            self.ledger.note(self.side.engine_id, kind, name, id, how)

    def forget(self, kind: Kind, *, name: str | None = None, id: str | None = None) -> None:
        """Strike it out."""
        if self.ledger is not None:
            self.ledger.forget(self.side.engine_id, kind, name=name, id=id)


class Finder:
    """Finds a pattern in a stream without keeping the stream."""

    def __init__(self, pattern: bytes) -> None:
        self._pattern = re.compile(pattern)
        self._carry = b""
        self.found: dict[str, None] = {}  # in order, each once

    def feed(self, view: memoryview | bytes) -> None:
        """Look at the next bytes. A match may span two calls."""
        text = self._carry + bytes(view)
        for match in self._pattern.finditer(text):
            if len(self.found) < _FOUND_MOST:
                self.found[match.group(1).decode("utf-8", "replace")] = None
        self._carry = text[-512:]


def json_key(spec: dict[str, Any], name: str) -> str:
    """The key under which a Go program would find `name`: it minds no case."""
    return next((key for key in spec if key.lower() == name.lower()), name)


def child(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """The object at `name`, made if it isn't there."""
    key = json_key(spec, name)
    if not isinstance(spec.get(key), dict):
        spec[key] = {}
    return spec[key]  # type: ignore[no-any-return]  # a JSON object


def altered_json(
    request: Request, body: bytes | None, change: Callable[[dict[str, Any]], None]
) -> tuple[Request, bytes]:
    """The request with its JSON object changed; as it was, where the body is none."""
    content = body or b""
    try:
        spec = json.loads(content)
    except ValueError:
        spec = None
    if isinstance(spec, dict):
        change(spec)
        content = json.dumps(spec).encode()
    return request.altered(request.target, content), content

"""The gateway's own questions to the engine, each over a connection of its own, none of them on the tape."""

from __future__ import annotations

import json
import select
import threading
import time
from typing import Any
from urllib.parse import quote

import h11

from course.engine.address import Address
from course.engine.gateway.streams import Stream, open_engine
from course.errors import EngineGone

_SECONDS = 60.0


class Side:
    """A small client. Safe for several threads. Raises EngineGone where no answer comes within a minute."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._id = ""

    @property
    def engine_id(self) -> str:
        """What the engine calls itself; asked for once."""
        with self._lock:
            if not self._id:
                status, info = self.call("GET", "/info")
                self._id = name_of_engine(info) if status == 200 else ""
            return self._id

    def image_id(self, reference: str) -> str:
        """The id of the image that a reference names, or ""."""
        status, image = self.call("GET", f"/images/{quote(reference, safe='/:@')}/json")
        return str(image["Id"]) if status == 200 else ""

    def images(self, *, everything: bool = False) -> list[dict[str, Any]]:
        """The engine's list of images; with `everything`, the classic builder's intermediate ones too."""
        status, images = self.call("GET", f"/images/json?all={int(everything)}")
        return list(images) if status == 200 else []

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status, and the answer's JSON (None where there is none)."""
        stream = open_engine(self.address)
        try:
            return _exchange(stream, method, path, body)
        except (OSError, h11.ProtocolError) as error:
            raise EngineGone("The engine stopped answering.", detail=str(error)) from error
        finally:
            stream.close()


def name_of_engine(info: dict[str, Any]) -> str:
    """What tells one engine from another, from `GET /info`: its ID, else its host and data root."""
    return str(info.get("ID") or f"{info.get('Name', '')}:{info.get('DockerRootDir', '')}")


def _exchange(stream: Stream, method: str, path: str, body: Any) -> tuple[int, Any]:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    content = b"" if body is None else json.dumps(body).encode()
    headers = [
        ("Host", "engine"),
        ("Connection", "close"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
    ]
    raw = connection.send(h11.Request(method=method, target=path, headers=headers)) or b""
    raw += connection.send(h11.Data(content)) or b""
    raw += connection.send(h11.EndOfMessage()) or b""
    deadline = time.monotonic() + _SECONDS
    view = memoryview(raw)
    while view:
        _wait(stream, select.POLLOUT, deadline)
        view = view[stream.write(view) or 0 :]
    return _receive(stream, connection, deadline)


def _receive(stream: Stream, connection: h11.Connection, deadline: float) -> tuple[int, Any]:
    status, content = 0, bytearray()
    piece = bytearray(65_536)
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            count = stream.read_into(memoryview(piece))
            if count is None:
                _wait(stream, select.POLLIN, deadline)
            else:
                connection.receive_data(bytes(piece[:count]))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            content += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        else:
            raise EngineGone("The engine closed the connection without an answer.")
    try:
        return status, json.loads(content) if content else None
    except ValueError:
        return status, None


def _wait(stream: Stream, event: int, deadline: float) -> None:
    poller = select.poll()
    poller.register(stream, event)
    if not poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise EngineGone("The engine takes too long to answer.")

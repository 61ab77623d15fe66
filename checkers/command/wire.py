"""A connection into a container: what it prints comes out, what is sent becomes its standard input.

docker-py hands out the socket beneath the HTTP answer, and loses what its reader has taken from it already:
the first words of a command that is quick. Here they are read through that reader.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import docker

STDOUT, STDERR = 1, 2
_HEAD = struct.Struct(">BxxxI")  # Docker's frames: the stream's number, then the length


class Wire:
    """An attached container, or a started exec, without a terminal."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._reader: Any = response.raw._fp.fp
        self._lock = threading.Lock()

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """(STDOUT or STDERR, bytes), until the other side ends or `close` is called."""
        # A socket that another thread closes, or that breaks: its end, too.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            while len(head := self._reader.read(_HEAD.size)) == _HEAD.size:
                stream, length = _HEAD.unpack(head)
                yield stream, self._reader.read(length)

    def send(self, data: bytes) -> None:
        """Writes to the other side's standard input. One that doesn't read any more is no error."""
        with self._lock, contextlib.suppress(OSError, AttributeError):
            self._socket().sendall(data)

    def end_input(self) -> None:
        """Ends the other side's standard input; what it prints still comes."""
        with contextlib.suppress(OSError, AttributeError):
            self._socket().shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Lets go of the connection. Who reads from it in another thread comes to the end."""
        with contextlib.suppress(OSError, AttributeError):  # it may be closed already
            self._socket().shutdown(socket.SHUT_RDWR)
        self._response.close()

    def _socket(self) -> Any:
        raw = self._reader.raw
        return getattr(raw, "_sock", raw)  # a named pipe has none beneath it


def attach(client: docker.DockerClient, container: str, *, stdin: bool = False) -> Wire:
    """The streams of a container from now on. Raises APIError."""
    wanted = {"stdin": int(stdin), "stdout": 1, "stderr": 1, "stream": 1}
    return _open(client, f"/containers/{container}/attach", params=wanted)


def start_exec(client: docker.DockerClient, number: str) -> Wire:
    """Starts an exec that was created, and gives its streams. Raises APIError."""
    return _open(client, f"/exec/{number}/start", json={"Detach": False, "Tty": False})


def _open(client: docker.DockerClient, path: str, **more: Any) -> Wire:
    api: Any = client.api
    headers = {"Connection": "Upgrade", "Upgrade": "tcp"}
    # No time limit between two words: whoever waits has a deadline of their own, and closes.
    response = api.post(api._url(path), headers=headers, stream=True, timeout=None, **more)
    api._raise_for_status(response)
    return Wire(response)

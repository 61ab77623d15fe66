"""The stream of an image from an engine, by the fastest way there is."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import docker

from course.archive.ahead import ahead
from course.archive.limits import PIECE
from course.engine.failures import engine_errors, translate
from course.errors import EngineGone, EngineRefused, ImageNotFound

_SILENCE = 600.0
"""Seconds between two pieces. Graph drivers lay out the whole image on disk before the first byte."""
_AHEAD = 24  # pieces read ahead: 6 MiB at most


@contextlib.contextmanager
def image_stream(client: docker.DockerClient, name: str, query: str = "") -> Iterator[Iterator[bytes]]:
    """The pieces of `GET /images/{name}/get`. `query`: "?platform=…", or nothing.

    Over a Unix socket it speaks HTTP/1.0: the engine then answers without chunks, which halves the client's
    work. Any other transport (tcp, TLS, named pipes) is docker-py's. Raises ImageNotFound, EngineRefused or
    EngineGone, also in the middle.
    """
    api: Any = client.api
    path = f"/v{api.api_version}/images/{quote(name, safe='/:@')}/get{query}"
    unix = _unix_socket(api)
    with engine_errors():
        if unix is None:
            with contextlib.closing(
                api.get(f"{api.base_url}{path}", stream=True, timeout=_SILENCE)
            ) as answer:
                api._raise_for_status(answer)
                yield answer.iter_content(PIECE)
            return
        with contextlib.closing(_connect(unix)) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
            with connection.makefile("rb", buffering=PIECE) as answer:
                pieces = ahead(_body(answer), _AHEAD)
                try:
                    yield pieces
                finally:
                    with contextlib.suppress(OSError):  # the engine has hung up already
                        connection.shutdown(socket.SHUT_RDWR)  # else a reader ahead would wait on
                    pieces.close()


def _unix_socket(api: Any) -> str | None:
    """The socket's path, where docker-py goes by one."""
    path = getattr(api.get_adapter(api.base_url), "socket_path", None)
    return str(path) if path and hasattr(socket, "AF_UNIX") else None


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_SILENCE)
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise EngineGone("The engine does not answer. It was stopped.", detail=str(error)) from error
    return connection


def _body(answer: Any) -> Iterator[bytes]:
    """The pieces of an HTTP/1.0 answer's body; an error answer is raised."""
    status = int(answer.readline().split(maxsplit=2)[1] or b"0")
    length = None
    while line := answer.readline().strip():
        key, _, value = line.lower().partition(b":")
        if key == b"content-length":
            length = int(value)
    if status != 200:
        words = answer.read(length if length is not None else PIECE)[:PIECE]
        with contextlib.suppress(ValueError, AttributeError):
            words = json.loads(words).get("message", "").encode()
        said = words.decode(errors="replace").strip()
        if status == 404:
            raise ImageNotFound(f"The engine has no such image: {said}")
        raise EngineRefused(f"The engine refused: {said}", detail=f"HTTP {status}")
    try:
        while piece := answer.read1(PIECE):
            yield piece
    except OSError as error:  # also a silence that is too long
        raise translate(error) from error

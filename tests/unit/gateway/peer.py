"""A peer that behaves as engines rarely do, and what tests say to it through a gateway, over real sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from course.engine.gateway import Gateway

Script = Callable[[socket.socket], None]


def read_head(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(1)
        if not piece:
            break
        data += piece
    return data


def read_all(sock: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(65_536):
            data += piece
    return data


def read_exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (piece := sock.recv(count - len(data))):
        data += piece
    return data


class Peer:
    """Plays its scripts, one for each connection in turn, on a Unix socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scripts: list[Script] = []
        self.errors: list[BaseException] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._threads: list[threading.Thread] = []
        self._main = threading.Thread(target=self._accept)
        self._main.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._play, args=(sock, self.scripts.pop(0)))
            thread.start()
            self._threads.append(thread)

    def _play(self, sock: socket.socket, script: Script) -> None:
        with sock:
            sock.settimeout(10)
            try:
                script(sock)
            except BaseException as error:  # noqa: BLE001  kept for `close`
                self.errors.append(error)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in (self._main, *self._threads):
            thread.join(10)
        assert not self.errors


def connect(gateway: Gateway) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(10)
    sock.connect(gateway.url.removeprefix("unix://"))
    return sock


def finished(gateway: Gateway, count: int = 1) -> None:
    deadline = time.monotonic() + 10
    while len(gateway.tape) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


GET = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

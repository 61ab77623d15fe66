"""Many connections over one stream: the container of a script has no network, only its standard input and
output. The same code serves at both ends, so it imports nothing of the project's.

As a program it is the first process of that container: it listens on a Unix socket, where the docker CLI
looks for its engine, runs the script, and carries what both say.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

SOCKET = "/course/docker.sock"
OUTPUT = 0  # what the script prints comes under this number, its connections under 1, 2, …
END = 0xFFFFFFFF  # and its exit code, as text, under this one
PIECE = 64 * 1024
_FRAME = struct.Struct(">II")  # number, and how many bytes follow; none: this side has ended

Read = Callable[[int], bytes]
Write = Callable[[bytes], object]


class Wire:
    """One end. `read` gives up to so many bytes, none at the end of the stream; `write` takes all.

    Each connection has a queue of its own: one whose reader waits must not hold up the others, as when the
    output of one docker is piped into another.
    """

    def __init__(self, read: Read, write: Write) -> None:
        self._read, self._write = read, write
        self._lock = threading.Lock()
        self._queues: dict[int, queue.SimpleQueue[bytes]] = {}

    def send(self, number: int, data: bytes) -> None:
        """One frame. Raises OSError when the other end is gone."""
        with self._lock:
            self._write(_FRAME.pack(number, len(data)) + data)

    def join(self, number: int, sock: socket.socket) -> None:
        """From now on carries `sock` under that number, both ways, until both sides have ended."""
        waiting = self._queues[number] = queue.SimpleQueue()
        threading.Thread(target=self._carry, args=(number, sock, waiting), daemon=True).start()

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """Hands connections what is theirs, and yields what belongs to none of them, to the stream's end."""
        try:
            with contextlib.suppress(EOFError, OSError):
                while True:
                    number, count = _FRAME.unpack(exactly(self._read, _FRAME.size))
                    if count > PIECE:  # none of ours: somebody else has written into the stream
                        return
                    data = exactly(self._read, count)
                    if number not in self._queues:
                        yield number, data
                    if number in self._queues:  # whoever got it may have joined it
                        self._queues[number].put(data)
        finally:
            for waiting in list(self._queues.values()):
                waiting.put(b"")

    def _carry(self, number: int, sock: socket.socket, waiting: queue.SimpleQueue[bytes]) -> None:
        inward = threading.Thread(target=_deliver, args=(sock, waiting), daemon=True)
        inward.start()
        with contextlib.suppress(OSError):
            while data := sock.recv(PIECE):
                self.send(number, data)
        with contextlib.suppress(OSError):
            self.send(number, b"")
        inward.join()
        sock.close()


def _deliver(sock: socket.socket, waiting: queue.SimpleQueue[bytes]) -> None:
    while data := waiting.get():
        with contextlib.suppress(OSError):  # it may have left; what still comes for it is lost
            sock.sendall(data)
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)


def exactly(read: Read, count: int) -> bytes:
    """So many bytes from a function that may give fewer. Raises EOFError at the end."""
    parts = []
    while count:
        part = read(min(count, PIECE))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _write_out(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _listen(wire: Wire, server: socket.socket) -> None:
    number = OUTPUT
    while True:
        sock, _ = server.accept()
        number += 1
        wire.join(number, sock)


def _receive(wire: Wire) -> None:
    for _ in wire.frames():  # the checker opens no connections
        pass


def main(command: list[str]) -> None:
    """Runs the script, and ends with it."""
    wire = Wire(lambda count: os.read(0, count), _write_out)
    server = socket.socket(socket.AF_UNIX)
    server.bind(SOCKET)
    server.listen(32)
    threading.Thread(target=_listen, args=(wire, server), daemon=True).start()
    threading.Thread(target=_receive, args=(wire,), daemon=True).start()
    # A terminal that nobody types into: at home the script has one, and `docker run -it` asks for it.
    _, terminal = os.openpty()
    with subprocess.Popen(
        command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as script:
        assert script.stdout is not None  # noqa: S101  it is a pipe
        while data := os.read(script.stdout.fileno(), PIECE):
            wire.send(OUTPUT, data)
    wire.send(END, str(script.returncode).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # its threads wait for ever

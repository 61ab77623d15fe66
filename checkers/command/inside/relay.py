"""The first process of the script's container: runs the script, and carries the stand-in's messages between
the socket inside and the checker, which holds this process's standard input and output.

Each message, with its length before it, gets the number of its call before that. An empty one from the
checker ends a call.
"""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

_LENGTH = struct.Struct(">I")
_CALL = struct.Struct(">II")
_OUT = threading.Lock()
_calls: dict[int, socket.socket] = {}


def carry_out(number: int, talk: socket.socket) -> None:
    """From one stand-in to the checker, until it ends."""
    with contextlib.suppress(OSError, EOFError), talk:
        while True:
            count = _LENGTH.unpack(exactly(talk.recv, _LENGTH.size))[0]
            data = exactly(talk.recv, count)
            with _OUT:
                os_write(_CALL.pack(number, count) + data)


def carry_in() -> None:
    """From the checker to the stand-ins, for ever."""
    while True:
        number, count = _CALL.unpack(exactly(sys.stdin.buffer.read, _CALL.size))
        data = exactly(sys.stdin.buffer.read, count)
        with contextlib.suppress(OSError, KeyError):  # a stand-in may have been killed
            _calls[number].sendall(_LENGTH.pack(count) + data)


def listen(server: socket.socket) -> None:
    """Numbers the calls."""
    number = 0
    while True:
        talk, _ = server.accept()
        number += 1
        _calls[number] = talk
        threading.Thread(target=carry_out, args=(number, talk), daemon=True).start()


def exactly(read: "object", count: int) -> bytes:
    """So many bytes from a function that may give fewer. Raises EOFError at the end."""
    parts = []
    while count:
        part = read(min(count, 1 << 20))  # type: ignore[operator]
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def os_write(data: bytes) -> None:
    """All of it to standard output."""
    while data:
        data = data[os.write(1, data) :]


def main() -> int:
    """The script's exit code."""
    server = socket.socket(socket.AF_UNIX)
    server.bind("/course/socket")
    server.listen(16)
    for role, arguments in ((listen, (server,)), (carry_in, ())):
        threading.Thread(target=role, args=arguments, daemon=True).start()
    # What the script prints goes to standard error: standard output is for messages.
    return subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=2)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    code = main()
    sys.stdout.flush()
    os._exit(code % 256)  # its threads wait for ever

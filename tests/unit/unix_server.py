"""A server on a Unix socket that treats each caller the same way: an engine in one of its bad moments."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from course.engine.address import Address

Behaviour = Callable[[socket.socket], None]


@contextmanager
def server(folder: Path, behave: Behaviour) -> Iterator[Address]:
    """Listens and treats each caller the same way."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    try:
                        behave(caller)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield Address(f"unix://{folder / 's'}", "socket")
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()

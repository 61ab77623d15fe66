"""Reads ahead in a thread, so that the sender works on while the receiver unpacks and hashes what it has."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterable

_LOOK = 0.2  # seconds after which a reader that nobody takes from looks whether it is still wanted


def ahead(pieces: Iterable[bytes], depth: int) -> Generator[bytes, None, None]:
    """The same pieces, up to `depth` of them read before they are asked for.

    What reading raises is raised here, in its place. Leaving early ends the thread with the piece it is at:
    close what it reads from.
    """
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(depth)
    unwanted = threading.Event()

    def put(one: bytes | BaseException | None) -> None:
        while not unwanted.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(one, timeout=_LOOK)
                return

    def run() -> None:
        try:
            for piece in pieces:
                put(piece)
                if unwanted.is_set():
                    return
        except BaseException as error:  # noqa: BLE001  raised again where the pieces are taken
            put(error)
        else:
            put(None)

    threading.Thread(target=run, name="read-ahead", daemon=True).start()
    try:
        while (one := waiting.get()) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one
    finally:
        unwanted.set()

"""The gateway itself: a Unix socket in front of the engine."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import socket
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from course.engine.address import Address
from course.engine.gateway.call import Tape
from course.engine.gateway.exchange import Connection
from course.engine.gateway.recording import Backend
from course.engine.gateway.routes import handling
from course.engine.gateway.side import Side
from course.engine.gateway.streams import Stream, open_engine
from course.errors import GatewayError
from course.paths import paths

if TYPE_CHECKING:
    from course.engine.ledger import Ledger

_PREFIX = "gw-"
_CLOSE_SECONDS = 5.0


class Gateway:
    """Stands between any client and the engine, and keeps the tape of what was asked.

    What is created through it carries the course's label, and prune calls reach only that. It is **no
    security boundary**: whoever can open its socket can do with the engine what the engine allows.

    Use it as a context manager, or call `start` and `close`; also the end of the interpreter closes it.
    `url` is what belongs into DOCKER_HOST. It serves from background threads of this process.
    """

    def __init__(
        self, address: Address, ledger: Ledger | None = None, runtime_dir: Path | None = None
    ) -> None:
        self.address = address
        self.tape = Tape()
        self._backend = Backend(Side(address), ledger)
        self._runtime_dir = runtime_dir
        self._folder: Path | None = None
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}

    @property
    def url(self) -> str:
        """Where it listens, as docker's tools write it. Raises GatewayError while it doesn't."""
        if self._folder is None:
            raise GatewayError("The gateway has not been started.")
        return f"unix://{self._folder / 'docker.sock'}"

    def start(self) -> Gateway:
        """Listen, and return at once. Raises GatewayError where no Unix socket can be had."""
        if self._listener is not None:
            return self
        if sys.platform == "win32" or not hasattr(socket, "AF_UNIX"):
            raise GatewayError(
                "The gateway needs Unix sockets, which Python doesn't offer on Windows.",
                hint="Run the course inside WSL.",
            )
        try:
            self._listen()
        except OSError as error:
            self._remove_folder()
            raise GatewayError("The gateway cannot listen.", detail=str(error)) from error
        atexit.register(self.close)
        threading.Thread(target=self._accept, name="gateway", daemon=True).start()
        return self

    def close(self) -> None:
        """Stop listening, end every connection, remove the socket. A second time does nothing."""
        atexit.unregister(self.close)
        with self._lock:
            listener, self._listener = self._listener, None
            under_way = dict(self._connections)
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self._remove_folder()
        for connection in under_way:
            connection.abort()
        for thread in under_way.values():
            if thread is not threading.current_thread():
                thread.join(_CLOSE_SECONDS)

    def __enter__(self) -> Gateway:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _listen(self) -> None:
        base = self._runtime_dir or paths().run
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_orphans(base)
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._folder / "docker.sock"))
        self._listener.listen(512)

    def _remove_folder(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _accept(self) -> None:
        while (listener := self._listener) is not None:
            try:
                sock, _ = listener.accept()
            except ConnectionAbortedError:
                continue
            except OSError:
                return  # closed
            self._serve(sock)

    def _serve(self, sock: socket.socket) -> None:
        connection = Connection(
            Stream(sock),
            lambda: open_engine(self.address),
            self.tape,
            lambda request, call: handling(request, call, self._backend),
        )
        thread = threading.Thread(
            target=self._run, args=(connection,), name="gateway connection", daemon=True
        )
        with self._lock:
            if self._listener is None:
                sock.close()
                return
            try:
                thread.start()
            except RuntimeError:  # no more threads to be had: the client sees a closed connection
                sock.close()
                return
            self._connections[connection] = thread

    def _run(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                self._connections.pop(connection, None)


def _remove_orphans(base: Path) -> None:
    """Folders of gateways whose process was killed: nobody listens there any more."""
    for folder in base.glob(f"{_PREFIX}*"):
        path = folder / "docker.sock"
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                shutil.rmtree(folder, ignore_errors=True)
            except OSError:
                continue  # being made at this moment, or another user's

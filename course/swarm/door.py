"""A socket on this machine behind which an engine in a container answers.

Each connection becomes `docker exec -i CONTAINER docker system dial-stdio`, which is what `ssh://` addresses
use as well. So the nested engine opens no port, needs no certificates, and is reached in the same way
wherever the outer engine runs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from course.errors import EngineStartFailed


class Door:
    """Listens from `open` to `close`. `environment` says where the outer engine is (DOCKER_HOST, PATH)."""

    def __init__(self, container: str, socket_path: Path, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        program = shutil.which("docker", path=self._environment.get("PATH"))
        if program is None:
            raise EngineStartFailed(
                "An engine in a container is reached by way of the docker command line, and there is none.",
                hint="Run: course doctor",
            )
        self._command = [program, "exec", "-i", container, "docker", "system", "dial-stdio"]
        self._path = socket_path
        self._listener: socket.socket | None = None
        self._callers: list[subprocess.Popen[bytes]] = []
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address for a client, or for DOCKER_HOST."""
        return f"unix://{self._path}"

    def open(self) -> Door:
        """Starts to listen; only this user may connect."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)  # its folder is this user's alone already
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, args=(self._listener,), daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stops to listen, and ends what is connected."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        listener.close()
        if self._thread is not None:
            self._thread.join()  # it may be about to start one more program
        for caller in self._callers:
            caller.terminate()
        for caller in self._callers:
            caller.wait()
        self._path.unlink(missing_ok=True)

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._callers = [one for one in self._callers if one.poll() is None]  # reaps those that ended
            with connection:
                # The program reads and writes the connection itself; nothing passes through this process.
                self._callers.append(
                    subprocess.Popen(
                        self._command,
                        stdin=connection.fileno(),
                        stdout=connection.fileno(),
                        stderr=subprocess.DEVNULL,
                        env=self._environment,
                        start_new_session=True,  # Ctrl-C in the notebook is for the cell, not for this
                    )
                )

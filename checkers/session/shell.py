"""A script run by bash in a container: without a network, within the limits, with the docker CLI in it."""

from __future__ import annotations

import contextlib
import io
import platform
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
from docker.models.containers import Container

from checkers.attempt import Attempt
from checkers.building import NotHere
from checkers.session import wire
from checkers.session.bodies import FOLDER
from checkers.session.wire import Wire, exactly
from checkers.tar import packed
from course.build.buildx import find, host_of
from course.engine.address import Address
from course.engine.failures import WIRE_ERRORS
from course.engine.find import find_engine
from course.engine.gateway.call import Tape
from course.engine.gateway.exchange import Connection, Handler
from course.engine.gateway.handling import Handling
from course.engine.gateway.streams import Stream, open_engine
from course.errors import EngineError

IMAGE = "python:3.13-slim"
"""Where scripts run: it needs bash, sh, tar and Python."""
CLI_IMAGE = "docker:28-cli"
"""Where the docker CLI is taken from if this machine's own is none of Linux."""
OUTPUT_MAX = 64 * 1024
SENT_MAX = 64 * 1024 * 1024  # bytes that a script may send to the engine
_CONNECTIONS_MAX = 400
_SUDO = '#!/bin/sh\nexec "$@"\n'
_ELF = b"\x7fELF"


class Shell:
    """One run of one script. `container` is created; `run` starts it and returns when it has ended."""

    def __init__(
        self, attempt: Attempt, work: str, script: str, environment: Mapping[str, str], handler: Handler
    ) -> None:
        self._attempt, self._handler = attempt, handler
        self._connections: list[Connection] = []
        self._tape = Tape()
        self.output = b""
        self.code: int | None = None
        self.lost = False  # the container's first process ended before the script
        with ThreadPoolExecutor(1, "tools") as pool:  # 40 MB, packed meanwhile
            tools = pool.submit(_tools, attempt)
            self.container = self._created(work, script, environment)
            self._tools = tools.result()

    def _created(self, work: str, script: str, environment: Mapping[str, str]) -> Container:
        limits = self._attempt.limits.host_config()
        return self._attempt.create(
            IMAGE,
            # The trap waits for what the script left in the background; $0 is the script, as it expects.
            ["python3", "-IS", "/course/wire.py", "bash", "-c", 'trap wait EXIT; source "$0"', f"./{script}"],
            working_dir=FOLDER,
            network=None,
            network_mode="none",
            volumes={work: {"bind": FOLDER, "mode": "rw"}},
            stdin_open=True,
            log_config={**limits["log_config"], "Type": "none", "Config": {}},
            environment={
                "PATH": "/course/bin:/usr/local/bin:/usr/bin:/bin",
                "HOME": "/root",
                "DOCKER_HOST": f"unix://{wire.SOCKET}",
                "DOCKER_CLI_HINTS": "false",
                **environment,
            },
        )

    def run(self, seconds: float) -> int | None:
        """Its exit code; None if it had to be stopped after so many seconds."""
        self.container.put_archive("/", self._tools)
        with contextlib.ExitStack() as stack:
            stack.callback(self._end)
            talk = stack.enter_context(self._attached())
            self._attempt.start(self.container)
            thread = threading.Thread(target=self._listen, args=(talk,), daemon=True)
            thread.start()
            thread.join(seconds)
            self.lost = self.code is None and not thread.is_alive()
            self._attempt.stop.check()
        return self.code

    @contextlib.contextmanager
    def _attached(self) -> Iterator[socket.socket]:
        """The container's standard input and output, before it starts."""
        ours, theirs = socket.socketpair()
        self._serve(theirs, lambda request, call: Handling(call))
        ours.sendall(
            f"POST /containers/{self.container.id}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\n"
            "Host: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += exactly(ours.recv, 1)
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise EngineError("The engine doesn't attach to a container.", detail=head.decode("latin-1"))
        with ours:
            yield ours

    def _listen(self, talk: socket.socket) -> None:
        """Serves the script's connections until it ends."""
        line = Wire(_standard_output(talk), talk.sendall)
        last = sent = 0
        for number, data in line.frames():
            sent += len(data)
            if number == wire.END:
                self.code = int(data) if data.isdigit() else 128 + abs(int(data))
                return
            if number == wire.OUTPUT:
                self.output = (self.output + data)[-OUTPUT_MAX:]
            elif number > last and number - last < _CONNECTIONS_MAX and sent < SENT_MAX:
                last = number
                ours, theirs = socket.socketpair()
                line.join(number, ours)
                self._serve(theirs, self._handler)

    def _serve(self, sock: socket.socket, handler: Handler) -> None:
        address = _address(self._attempt.client)
        connection = Connection(Stream(sock), lambda: open_engine(address), self._tape, handler)
        self._connections.append(connection)
        threading.Thread(target=connection.serve, name="script", daemon=True).start()

    def _end(self) -> None:
        for connection in self._connections:
            connection.abort()
        with contextlib.suppress(*WIRE_ERRORS):  # mostly it has ended; the attempt removes it, and may have
            self.container.kill()


def _standard_output(talk: socket.socket) -> Callable[[int], bytes]:
    """Reads what the container's first process says on its standard output. The engine puts a head before
    each piece: 1 for standard output, three zero bytes, four of length."""
    kept = b""

    def read(count: int) -> bytes:
        nonlocal kept
        while not kept:
            head = exactly(talk.recv, 8)
            piece = exactly(talk.recv, int.from_bytes(head[4:], "big"))
            kept = piece if head[0] == 1 else b""
        part, kept = kept[:count], kept[count:]
        return part

    return read


def _address(client: docker.DockerClient) -> Address:
    host = host_of(client)
    return Address(host, "DOCKER_HOST") if host else find_engine()


def _tools(attempt: Attempt) -> bytes:
    """What the script's container needs, as a tar."""
    tools = {
        "course/bin/sudo": _SUDO.encode(),
        "course/wire.py": Path(wire.__file__).read_bytes(),
        "course/bin/docker": _cli(attempt),
    }
    return packed(tools, 0o755)


def _cli(attempt: Attempt) -> bytes:
    """The docker CLI for Linux: this machine's own, else the published image's. Raises NotHere."""
    client = attempt.client
    found = find(client)
    if found and platform.machine() == attempt.info.get("Architecture"):
        data = Path(found.program).read_bytes()
        if data.startswith(_ELF):
            return data
    try:
        holder: Container = client.containers.create(CLI_IMAGE, ["true"])
    except docker.errors.ImageNotFound as error:
        raise NotHere(
            "A script is checked with a docker CLI for Linux, and there is none on this machine.",
            hint=f"Run: docker pull {CLI_IMAGE}",
        ) from error
    try:
        chunks, _ = holder.get_archive("/usr/local/bin/docker")
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
            file: Any = tar.extractfile(tar.getmembers()[0])
            return bytes(file.read())
    finally:
        holder.remove(force=True)

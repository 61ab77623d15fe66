"""What a command prints arrives whole, however early: here it comes together with the answer's head."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from course.engine.execute import Executed, execute
from course.errors import EngineRefused
from tests.unit.unix_server import server


def framed(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


ANSWERS = {
    "/containers/c/exec": (201, json.dumps({"Id": "e"}).encode()),
    "/containers/gone/exec": (404, json.dumps({"message": "No such container: gone"}).encode()),
    "/exec/e/start": (200, framed(1, b"out\n") + framed(2, b"err\n") + framed(1, b"more\n")),
    "/exec/e/json": (200, json.dumps({"ExitCode": 3}).encode()),
}


def answer(caller: socket.socket) -> None:
    """Head and body in one piece."""
    path = caller.recv(65536).split()[1].decode().removeprefix("/v1.43")
    status, body = ANSWERS[path]
    kind = b"application/json" if body.startswith(b"{") else b"raw"
    caller.sendall(b"HTTP/1.1 %d x\r\nContent-Type: %s\r\nConnection: close\r\n\r\n" % (status, kind) + body)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[docker.DockerClient]:
    with server(tmp_path, answer) as address:
        client = docker.DockerClient(str(address.url), version="1.43", timeout=10)
        yield client
        client.close()


def test_nothing_of_the_output_is_lost(client: docker.DockerClient) -> None:
    assert execute(client, "c", ["true"]) == Executed(3, b"out\nmore\n", b"err\n")


def test_output_is_read_up_to_a_limit(client: docker.DockerClient) -> None:
    assert execute(client, "c", ["true"], most=10) == Executed(3, b"ou", b"")


def test_a_container_that_is_gone_is_the_engines_answer(client: docker.DockerClient) -> None:
    with pytest.raises(EngineRefused, match="No such container"):
        execute(client, "gone", ["true"])

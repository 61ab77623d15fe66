"""What the machine could not start is asked for again, and never taken for an answer of the learner's."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import APIError
from docker.models.containers import Container

from checkers.cage import Cage, Output
from checkers.running import begin
from course.errors import EngineRefused
from tests.unit.unix_server import server

RUNC = "runc create failed: waiting for init preliminary setup: read init-p: connection reset by peer"
FAILED = f"OCI runtime exec failed: exec failed: {RUNC}\r\n".encode()
OTHER = b"OCI runtime exec failed: exec failed: no such user\r\n"


class Engine:
    """Answers the calls about one container, each path with its answers in turn; the last one stays."""

    def __init__(self, **answers: list[tuple[int, bytes]]) -> None:
        self.answers, self.asked = answers, 0

    def __call__(self, caller: socket.socket) -> None:
        path = asked(caller).split()[1].decode()
        status, body = 201, json.dumps({"Id": "e"}).encode()
        for name, left in self.answers.items():
            if path.endswith(name):
                status, body = left.pop(0) if len(left) > 1 else left[0]
                self.asked += name == "start"
        kind = b"application/json" if body.startswith(b"{") else b"raw"
        head = b"HTTP/1.1 %d x\r\nContent-Type: %s\r\nConnection: close\r\n\r\n" % (status, kind)
        caller.sendall(head + body)


def asked(caller: socket.socket) -> bytes:
    """A whole request: closed with a part of it unread, the connection would be reset."""
    request = b""
    while True:
        request += (more := caller.recv(65536))
        head, end, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not more or (end and len(body) >= int(length[1] if length else 0)):
            return request


@contextlib.contextmanager
def container(folder: Path, engine: Engine) -> Iterator[tuple[docker.DockerClient, Container]]:
    with server(folder, engine) as address:
        client = docker.DockerClient(address.url, version="1.43", timeout=10)
        yield client, Container(attrs={"Id": "c"}, client=client)  # type: ignore[no-untyped-call]
        client.close()


def printed(data: bytes) -> tuple[int, bytes]:
    return 200, struct.pack(">BxxxL", 1, len(data)) + data


def ended(code: int) -> tuple[int, bytes]:
    return 200, json.dumps({"ExitCode": code}).encode()


def refused(words: str) -> tuple[int, bytes]:
    return 500, json.dumps({"message": words}).encode()


def test_a_probe_that_could_not_be_started_is_started_again(tmp_path: Path) -> None:
    engine = Engine(start=[printed(FAILED), printed(b"hello\n")], json=[ended(128), ended(0)])
    with container(tmp_path, engine) as (client, cage):
        assert Cage(client, cage).run("echo hello") == Output(0, "hello\n", "")
    assert engine.asked == 2


def test_a_probe_that_never_starts_is_an_error(tmp_path: Path) -> None:
    engine = Engine(start=[printed(FAILED)], json=[ended(128)])
    with container(tmp_path, engine) as (client, cage), pytest.raises(EngineRefused) as caught:
        Cage(client, cage).run("echo hello")
    assert engine.asked == 3
    assert RUNC in caught.value.detail


@pytest.mark.parametrize(("words", "code"), [(OTHER, 126), (FAILED, 0), (b"ours: " + FAILED, 1)])
def test_other_endings_are_told_as_they_are(tmp_path: Path, words: bytes, code: int) -> None:
    """Also an answer with those words in it: the exit code is the probe's own."""
    engine = Engine(start=[printed(words)], json=[ended(code)])
    with container(tmp_path, engine) as (client, cage):
        assert Cage(client, cage).run("wget") == Output(code, words.decode(), "")
    assert engine.asked == 1


def test_a_container_is_started_again(tmp_path: Path) -> None:
    engine = Engine(start=[refused(RUNC), refused(RUNC), (204, b"")])
    with container(tmp_path, engine) as (_, one):
        begin(one)
    assert engine.asked == 3


@pytest.mark.parametrize(("words", "asked"), [(RUNC, 3), ("no such file or directory", 1)])
def test_a_container_that_does_not_start_says_why(tmp_path: Path, words: str, asked: int) -> None:
    engine = Engine(start=[refused(words)])
    with container(tmp_path, engine) as (_, one), pytest.raises(APIError, match=words.split(":")[0]):
        begin(one)
    assert engine.asked == asked

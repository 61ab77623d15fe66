"""Whatever goes wrong on the wire becomes one of the course's errors. The errors here are real ones: raised
by docker-py against small servers that behave badly in one way each."""

from __future__ import annotations

import socket
from pathlib import Path

import docker
import pytest
import requests

from course.engine.failures import engine_errors, translate
from course.engine.find import probe
from course.errors import (
    CourseError,
    EngineDenied,
    EngineError,
    EngineGone,
    EngineRefused,
    EngineTooOld,
    ImageNotFound,
    InputError,
)
from tests.unit.unix_server import Behaviour, server


def hang_up(caller: socket.socket) -> None:
    caller.recv(1)


def babble(caller: socket.socket) -> None:
    caller.recv(65536)
    caller.sendall(b"this is no HTTP\r\n\r\n")


def stay_silent(caller: socket.socket) -> None:
    while caller.recv(65536):
        pass


def break_off(caller: socket.socket) -> None:
    caller.recv(65536)
    caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


def answer(status: str, body: str) -> Behaviour:
    def behave(caller: socket.socket) -> None:
        caller.recv(65536)
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n"
        caller.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    return behave


@pytest.mark.parametrize("behave", [hang_up, babble, stay_silent, break_off])
def test_a_broken_conversation_is_engine_gone(tmp_path: Path, behave: Behaviour) -> None:
    with server(tmp_path, behave) as address, pytest.raises(EngineGone) as caught:
        probe(address, timeout=1)
    assert str(address) in str(caught.value)
    assert caught.value.hint


ANSWERS = [
    ("404 Not Found", '{"message": "No such image: nope:latest"}', ImageNotFound, "nope:latest"),
    ("404 Not Found", '{"message": "No such container: nope"}', EngineRefused, "No such container"),
    ("409 Conflict", '{"message": "name is in use"}', EngineRefused, "name is in use"),
    (
        "500 Internal Server Error",
        '{"message": "write /x: no space left on device"}',
        EngineRefused,
        "no space",
    ),
    ("500 Internal Server Error", "not JSON", EngineRefused, "not JSON"),
    (
        "400 Bad Request",
        '{"message": "client version 1.30 is too old. Minimum is 1.44"}',
        EngineTooOld,
        "1.44",
    ),
]


@pytest.mark.parametrize(("status", "body", "kind", "words"), ANSWERS)
def test_a_refusal_keeps_the_engines_words(
    tmp_path: Path, status: str, body: str, kind: type[CourseError], words: str
) -> None:
    with server(tmp_path, answer(status, body)) as address:
        client = docker.APIClient(base_url=address.url, version="1.41")
        with pytest.raises(kind, match=words) as caught, engine_errors():
            client.inspect_image("nope")
        client.close()
    assert type(caught.value) is kind
    assert ("disk is full" in caught.value.hint) == ("no space" in words)


CHAINS = [
    (requests.ConnectionError("Connection aborted.", PermissionError(13, "Permission denied")), EngineDenied),
    (requests.ConnectionError("Connection aborted.", FileNotFoundError(2, "No such file")), EngineGone),
    (requests.ReadTimeout("read timed out"), EngineGone),
    (BrokenPipeError(32, "Broken pipe"), EngineGone),
    (docker.errors.InvalidVersion("API versions below 1.24"), EngineTooOld),
    (docker.errors.NullResource("Resource ID was not provided"), EngineError),
]


@pytest.mark.parametrize(("error", "kind"), CHAINS)
def test_the_cause_decides(error: Exception, kind: type[CourseError]) -> None:
    assert type(translate(error)) is kind


def test_denied_names_the_group() -> None:
    error = translate(PermissionError(13, "Permission denied"))
    assert isinstance(error, EngineDenied)
    assert "docker" in error.hint
    assert "newgrp" in error.hint


def test_an_unrelated_error_under_way_is_no_cause() -> None:
    lost = ConnectionResetError(104, "Connection reset by peer")
    lost.__context__ = PermissionError("of a file")  # as when the engine is called in an except block
    assert type(translate(lost)) is EngineGone


@pytest.mark.parametrize(
    "error", [InputError("ours"), OSError("a file's"), ValueError("anybody's"), KeyError("x")]
)
def test_other_errors_pass(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, engine_errors():
        raise error
    assert caught.value is error


def test_a_port_where_nobody_listens_is_no_slow_engine() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else can take it meanwhile
        taken.bind(("127.0.0.1", 0))
        client = docker.DockerClient(f"tcp://127.0.0.1:{taken.getsockname()[1]}", version="1.43", timeout=10)
        with pytest.raises(EngineGone, match="does not answer"), engine_errors():
            client.ping()
        client.close()

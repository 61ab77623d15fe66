"""A client that leaves, an engine that goes, what is no HTTP, and what a killed gateway left."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from course.engine.address import Address
from course.engine.gateway import Gateway
from course.errors import GatewayError
from tests.unit.gateway.peer import GET, OK, Peer, connect, finished, read_all, read_head


def test_a_client_that_leaves_is_told_to_the_engine(
    peer: Peer, client: socket.socket, gateway: Gateway
) -> None:
    told = threading.Event()

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert sock.recv(1) == b""
        told.set()

    peer.scripts = [script]
    client.sendall(GET)
    client.recv(1000)
    client.close()
    assert told.wait(10)
    finished(gateway)
    assert [call.note for call in gateway.tape] == ["cut short"]


def test_no_engine_is_a_503(folder: Path) -> None:
    with Gateway(Address(f"unix://{folder}/nobody", "socket"), runtime_dir=folder) as gateway:
        with connect(gateway) as client:
            client.sendall(GET)
            answer = read_all(client)
        (call,) = gateway.tape
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert "No engine answers" in json.loads(answer.partition(b"\r\n\r\n")[2])["message"]
    assert call.status == 503
    assert "No engine answers" in call.note


def test_an_engine_that_goes_while_asked_is_a_503(
    peer: Peer, client: socket.socket, gateway: Gateway
) -> None:
    peer.scripts = [lambda sock: read_head(sock) and None]
    client.sendall(GET)
    answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["message"]
    finished(gateway)
    assert [call.status for call in gateway.tape] == [503]


def test_an_engine_that_goes_in_the_middle_of_an_answer(
    peer: Peer, client: socket.socket, gateway: Gateway
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(head)

    peer.scripts = [script]
    client.sendall(GET)
    assert read_all(client) == head  # and nothing of the gateway's own behind it
    finished(gateway)
    assert [(call.status, call.note) for call in gateway.tape] == [(200, "cut short")]


def test_an_idle_connection_ends_with_the_engine_and_the_next_works(peer: Peer, gateway: Gateway) -> None:
    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(OK)

    peer.scripts = [script, script]
    for _ in range(2):
        with connect(gateway) as client:
            client.sendall(GET)
            assert client.recv(1000) == OK
            assert client.recv(1000) == b""


@pytest.mark.parametrize("rubbish", [b"\x16\x03\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_request_gets_a_400(rubbish: bytes, client: socket.socket) -> None:
    client.sendall(rubbish)
    assert read_all(client).startswith(b"HTTP/1.1 400 ")


def test_a_broken_answer_is_a_503(peer: Peer, client: socket.socket) -> None:
    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")

    peer.scripts = [script]
    client.sendall(GET)
    assert read_all(client).startswith(b"HTTP/1.1 503 ")


def test_sockets_of_killed_processes_are_removed(folder: Path) -> None:
    dead = folder / "run" / "gw-dead"
    dead.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(dead / "docker.sock"))
    with Gateway(Address("unix:///nowhere", "socket"), runtime_dir=folder / "run") as first:
        assert not dead.exists()
        with Gateway(Address("unix:///nowhere", "socket"), runtime_dir=folder / "run"):
            assert Path(first.url.removeprefix("unix://")).exists()
    assert list((folder / "run").iterdir()) == []


def test_a_gateway_that_is_closed_has_no_url(folder: Path) -> None:
    gateway = Gateway(Address("unix:///nowhere", "socket"), runtime_dir=folder)
    gateway.start()
    gateway.close()
    gateway.close()
    with pytest.raises(GatewayError):
        _ = gateway.url

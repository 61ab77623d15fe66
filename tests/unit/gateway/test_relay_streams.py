"""Hijacked and upgraded connections, and HTTP/2, pass without a look inside."""

from __future__ import annotations

import socket
import sys

import pytest

from course.engine.gateway import Gateway
from course.engine.gateway.handling import Handling
from course.errors import EngineGone
from tests.unit.gateway.peer import Peer, finished, read_all, read_exactly, read_head

UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n",
    ],
)
def test_a_hijacked_connection_closes_each_way_by_itself(
    head: bytes, peer: Peer, client: socket.socket, gateway: Gateway
) -> None:
    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(head + b"hello ")
        assert read_all(sock) == b"early late"  # the client's end arrives
        sock.sendall(b"and goodbye")

    peer.scripts = [script]
    client.sendall(
        b"POST /containers/x/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly "
    )
    assert read_exactly(client, len(head) + 6) == head + b"hello "
    client.sendall(b"late")
    client.shutdown(socket.SHUT_WR)
    assert read_all(client) == b"and goodbye"
    finished(gateway)
    assert [(call.upgraded, call.bytes_in, call.bytes_out) for call in gateway.tape] == [(True, 10, 17)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a peer has not read yet")
def test_the_stream_comes_apart_from_the_head_of_an_upgrade(peer: Peer, client: socket.socket) -> None:
    """docker-py reads a head with a buffer, and drops what else got into it."""
    head = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(head + b"hello")

    peer.scripts = [script]
    client.sendall(b"POST /exec/x/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
    assert client.recv(65_536) == head
    assert read_all(client) == b"hello"


def test_the_engines_end_of_a_hijacked_connection_leaves_the_other_open(
    peer: Peer, client: socket.socket
) -> None:
    got = []

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        sock.shutdown(socket.SHUT_WR)
        got.append(read_all(sock))

    peer.scripts = [script]
    client.sendall(b"POST /session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    read_all(client)
    client.sendall(b"still here")
    client.close()
    peer.close()
    assert got == [b"still here"]


def test_http2_without_an_upgrade_is_passed(peer: Peer, client: socket.socket, gateway: Gateway) -> None:
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    def script(sock: socket.socket) -> None:
        assert read_exactly(sock, len(preface) + 9) == preface + b"settings!"
        sock.sendall(b"answer")

    peer.scripts = [script]
    client.sendall(preface + b"settings!")
    assert read_all(client) == b"answer"
    finished(gateway)
    assert [call.method for call in gateway.tape] == ["PRI"]


def test_a_look_that_fails_ends_and_the_stream_goes_on(
    peer: Peer, client: socket.socket, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Handling, view: memoryview) -> None:
        raise EngineGone("no answer to a question of the gateway's own")

    monkeypatch.setattr(Handling, "sent", fail)

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(UPGRADED)
        assert read_all(sock) == b"onetwo"
        sock.sendall(b"all of it")

    peer.scripts = [script]
    client.sendall(b"POST /x/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
    assert read_exactly(client, len(UPGRADED)) == UPGRADED
    client.sendall(b"one")
    client.sendall(b"two")
    client.shutdown(socket.SHUT_WR)
    assert read_all(client) == b"all of it"
    finished(gateway)
    (call,) = gateway.tape
    assert call.note.count("not recorded") == 1

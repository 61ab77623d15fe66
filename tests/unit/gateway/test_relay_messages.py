"""Requests and answers pass as they are sent: in turn, together, large, refused early."""

from __future__ import annotations

import contextlib
import socket

from course.engine.gateway import Gateway
from tests.unit.gateway.peer import GET, OK, Peer, finished, read_all, read_exactly, read_head


def test_a_connection_takes_request_after_request(
    peer: Peer, client: socket.socket, gateway: Gateway
) -> None:
    def script(sock: socket.socket) -> None:
        for _ in range(3):
            read_head(sock)
            sock.sendall(OK)

    peer.scripts = [script]
    for _ in range(3):
        client.sendall(GET)
        assert client.recv(1000) == OK
    assert [call.bytes_out for call in gateway.tape] == [2, 2, 2]


def test_requests_sent_ahead_wait_their_turn(peer: Peer, client: socket.socket) -> None:
    def script(sock: socket.socket) -> None:
        for number in (b"1", b"2", b"3"):
            assert read_head(sock) == GET
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + number)

    peer.scripts = [script]
    client.sendall(GET * 3)
    got = b""
    while got.count(b"HTTP") < 3 or not got.endswith(b"3"):
        got += client.recv(1000)
    assert [part[-1:] for part in got.split(b"HTTP/1.1")[1:]] == [b"1", b"2", b"3"]


def test_continue_is_passed_on(peer: Peer, client: socket.socket, gateway: Gateway) -> None:
    def script(sock: socket.socket) -> None:
        assert b"100-continue" in read_head(sock)
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert read_exactly(sock, 5) == b"hello"
        sock.sendall(OK)

    peer.scripts = [script]
    client.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"hello")
    assert client.recv(100) == OK
    assert [(call.status, call.bytes_in) for call in gateway.tape] == [(200, 5)]


def test_an_answer_flows_while_the_request_still_does(peer: Peer, client: socket.socket) -> None:
    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        assert read_exactly(sock, 8) == b"halfrest"
        sock.sendall(b"0\r\n\r\n")

    peer.scripts = [script]
    client.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf")
    got = b""
    while not got.endswith(b"one\r\n"):
        got += client.recv(1000)
    client.sendall(b"rest")
    assert client.recv(100) == b"0\r\n\r\n"


def test_an_early_refusal_reaches_a_client_that_still_sends(
    peer: Peer, client: socket.socket, gateway: Gateway
) -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(refusal)

    peer.scripts = [script]
    client.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        for _ in range(100):
            client.sendall(b"x" * 100_000)
    assert read_all(client) == refusal
    finished(gateway)
    assert [call.status for call in gateway.tape] == [413]


def test_a_large_body_passes_whole(peer: Peer, client: socket.socket, gateway: Gateway) -> None:
    piece, count = bytes(range(256)) * 128, 400

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(count):
            sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        sock.sendall(b"0\r\n\r\n")

    peer.scripts = [script]
    client.sendall(b"GET /images/get HTTP/1.1\r\nHost: x\r\n\r\n")
    data = bytearray()
    while not data.endswith(b"\r\n0\r\n\r\n"):
        data += client.recv(1 << 20)
    assert data.partition(b"\r\n\r\n")[2] == b"%x\r\n%s\r\n" % (len(piece), piece) * count + b"0\r\n\r\n"
    assert [call.bytes_out for call in gateway.tape] == [len(piece) * count]

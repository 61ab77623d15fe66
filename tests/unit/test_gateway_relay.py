"""What passes between a client and a peer that behaves as engines rarely do, over real sockets."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from course.engine.address import Address
from course.engine.gateway import Gateway
from course.errors import GatewayError

Script = Callable[[socket.socket], None]


def read_head(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(1)
        if not piece:
            break
        data += piece
    return data


def read_all(sock: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(65_536):
            data += piece
    return data


def read_exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (piece := sock.recv(count - len(data))):
        data += piece
    return data


class Peer:
    """Plays its scripts, one for each connection in turn, on a Unix socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scripts: list[Script] = []
        self.errors: list[BaseException] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._threads: list[threading.Thread] = []
        self._main = threading.Thread(target=self._accept)
        self._main.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._play, args=(sock, self.scripts.pop(0)))
            thread.start()
            self._threads.append(thread)

    def _play(self, sock: socket.socket, script: Script) -> None:
        with sock:
            sock.settimeout(10)
            try:
                script(sock)
            except BaseException as error:  # noqa: BLE001  kept for `close`
                self.errors.append(error)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in (self._main, *self._threads):
            thread.join(10)
        assert not self.errors


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    short = Path(tempfile.mkdtemp(prefix="gw"))  # a Unix socket's path has to be short
    yield short
    shutil.rmtree(short)


@pytest.fixture
def peer(folder: Path) -> Iterator[Peer]:
    with contextlib.closing(Peer(folder / "peer")) as running:
        yield running


@pytest.fixture
def gateway(peer: Peer, folder: Path) -> Iterator[Gateway]:
    with Gateway(Address(f"unix://{peer.path}", "socket"), runtime_dir=folder / "run") as running:
        yield running


@pytest.fixture
def client(gateway: Gateway) -> Iterator[socket.socket]:
    with connect(gateway) as sock:
        yield sock


def connect(gateway: Gateway) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(10)
    sock.connect(gateway.url.removeprefix("unix://"))
    return sock


def finished(gateway: Gateway, count: int = 1) -> None:
    deadline = time.monotonic() + 10
    while len(gateway.tape) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


GET = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


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

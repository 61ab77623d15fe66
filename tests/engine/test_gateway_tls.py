"""An engine that is reached over TCP and TLS, as DOCKER_HOST=tcp://… with certificates does."""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
import ssl
import subprocess
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from course.engine.address import Address
from course.engine.find import find_engine
from course.engine.gateway import Gateway
from course.engine.labels import made

pytestmark = [
    pytest.mark.engine,
    # docker-py leaves the sockets of its streams to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BASE = "busybox:1.37"


def make_certificate(folder: Path, name: str) -> None:
    subject = ("-subj", "/CN=engine", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", "key.pem", "-out", name)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, cert.pem and key.pem for 127.0.0.1, both for the server and the client."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder, "cert.pem")
    shutil.copy(folder / "cert.pem", folder / "ca.pem")
    return folder


class Front:
    """Listens on a TCP port of the loopback, with or without TLS, in front of the engine's Unix socket."""

    def __init__(self, engine: str, context: ssl.SSLContext | None) -> None:
        self._engine, self._context = engine, context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        # One thread for both directions: two must not use an SSLSocket at once.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self._engine)
            # A client that doesn't trust the certificate hangs up in the middle of the handshake.
            with self._context.wrap_socket(plain, server_side=True) if self._context else plain as sock:
                _pass(sock, engine)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _pass(sock: socket.socket, engine: socket.socket) -> None:
    waiting: list[socket.socket] = [sock, engine]
    while True:
        pending = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        ready = [sock] if pending else select.select(waiting, [], [])[0]
        if engine in ready:
            data = engine.recv(65_536)
            sock.sendall(data)
            if not data:
                if isinstance(sock, ssl.SSLSocket):
                    sock.unwrap()
                return
        elif data := sock.recv(65_536):
            engine.sendall(data)
        else:
            waiting.remove(sock)
            engine.shutdown(socket.SHUT_WR)


@pytest.fixture(params=["tcp", "tls"])
def through(request: pytest.FixtureRequest) -> Iterator[docker.DockerClient]:
    engine = find_engine().socket
    if engine is None:
        pytest.skip("the engine has no Unix socket to stand in front of")
    context, folder = None, ""
    if request.param == "tls":
        folder = str(request.getfixturevalue("certificates"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        context.load_verify_locations(f"{folder}/ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    with contextlib.closing(Front(engine, context)) as front:
        address = Address(f"tcp://127.0.0.1:{front.port}", "DOCKER_HOST", tls_dir=folder)
        with (
            Gateway(address) as gateway,
            contextlib.closing(docker.DockerClient(base_url=gateway.url, version="auto")) as client,
        ):
            yield client


def test_calls_streams_and_half_closed_input(through: docker.DockerClient) -> None:
    container = through.containers.run(
        BASE, ["sleep", "600"], name=f"gw-tls-{uuid.uuid4().hex[:10]}", detach=True, labels=made("container")
    )
    try:
        assert container.exec_run(["echo", "hello"]) == (0, b"hello\n")
        call = through.api.exec_create(container.id, ["wc", "-c"], stdin=True)
        stream = through.api.exec_start(call["Id"], socket=True)
        stream._sock.sendall(b"x" * 500_000)
        stream._sock.shutdown(socket.SHUT_WR)
        assert stream.read().endswith(b"500000\n")
        stream._sock.close()
        stream.close()
        pieces, facts = container.get_archive("/bin/busybox")
        assert sum(map(len, pieces)) > facts["size"] > 500_000
    finally:
        container.remove(force=True)


def test_a_certificate_that_is_not_trusted_is_a_503(certificates: Path, tmp_path: Path) -> None:
    engine = find_engine().socket
    assert engine is not None
    make_certificate(tmp_path, "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    with contextlib.closing(Front(engine, context)) as front:
        address = Address(f"tcp://127.0.0.1:{front.port}", "DOCKER_HOST", tls_dir=str(tmp_path))
        with (
            Gateway(address) as gateway,
            contextlib.closing(docker.APIClient(gateway.url, version="1.41")) as client,
            pytest.raises(docker.errors.APIError) as caught,
        ):
            client.version()
    assert caught.value.response.status_code == 503
    assert "No engine answers" in str(caught.value.explanation)


def test_a_context_may_say_that_nobody_verifies(certificates: Path, tmp_path: Path) -> None:
    """SkipTLSVerify in a docker context; its folder then often holds no CA."""
    engine = find_engine().socket
    assert engine is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    with contextlib.closing(Front(engine, context)) as front:
        url = f"tcp://127.0.0.1:{front.port}"
        address = Address(url, "context", "lab", tls_dir=str(tmp_path), tls_verify=False)
        with (
            Gateway(address) as gateway,
            contextlib.closing(docker.APIClient(gateway.url, version="1.41")) as client,
        ):
            assert client.version()["Version"]

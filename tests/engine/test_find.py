"""Engines found the way docker's own tools find them: real ones, on a machine of their own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.engine.address import Address
from course.engine.embedded.packages import Unpacked
from course.engine.find import find_engine
from course.errors import EngineDenied, NoEngine
from tests.engine.conftest import MachineMaker
from tests.engine.sandbox import Sandbox, start_engine

pytestmark = [pytest.mark.root, pytest.mark.timeout(120)]


def use_context(box: Sandbox, name: str, host: str) -> Path:
    """Makes `name` the current context; returns the folder for its certificates."""
    folder = box.home / "user/.docker"
    digest = hashlib.sha256(name.encode()).hexdigest()
    (folder / "contexts/meta" / digest).mkdir(parents=True)
    meta = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
    (folder / "contexts/meta" / digest / "meta.json").write_text(json.dumps(meta))
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))
    return folder / "contexts/tls" / digest / "docker"


def test_by_context_then_by_socket_then_by_docker_host(machine: MachineMaker, theirs: Unpacked) -> None:
    box = machine("unstable")
    start_engine(box, theirs, "/run/docker.sock", "/run/odd.sock")
    use_context(box, "odd", "unix:///run/odd.sock")
    assert "unix:///run/odd.sock (docker context odd)" in box.course("up")[0]
    # The context's engine is gone (Docker Desktop was quit, say): the next one found is used.
    box.run("rm", "/run/odd.sock")
    assert "unix:///var/run/docker.sock (Docker Engine)" in box.course("up")[0]
    _, err = box.course("up", code=2, DOCKER_CONTEXT="odd")
    assert "DOCKER_CONTEXT names 'odd'" in err
    out, _ = box.course("up", DOCKER_HOST="unix:///run/docker.sock", DOCKER_CONTEXT="odd")
    assert "(from DOCKER_HOST)" in out


def test_over_tls_by_context_and_by_docker_host(
    machine: MachineMaker, theirs: Unpacked, tmp_path: Path
) -> None:
    certificates(tmp_path)
    box = machine("unstable")
    tls = [f"--{name}={tmp_path / file}.pem" for name, file in
           (("tlscacert", "ca"), ("tlscert", "server"), ("tlskey", "server-key"))]  # fmt: skip
    start_engine(
        box,
        theirs,
        "/run/odd.sock",
        options=["-H", "tcp://127.0.0.1:2376", "--tlsverify", *tls],
    )
    folder = use_context(box, "far", "tcp://127.0.0.1:2376")
    folder.mkdir(parents=True)
    for name in ("ca", "cert", "key"):
        (folder / f"{name}.pem").write_bytes((tmp_path / f"{name}.pem").read_bytes())
    assert "(docker context far)" in box.course("up")[0]

    far = {"DOCKER_HOST": "tcp://127.0.0.1:2376", "DOCKER_CERT_PATH": str(folder)}
    assert "(from DOCKER_HOST)" in box.course("up", **far, DOCKER_TLS_VERIFY="1")[0]
    _, err = box.course("up", code=2, **far)  # without TLS the engine answers with an error
    assert "DOCKER_HOST" in err
    (folder / "ca.pem").write_bytes((tmp_path / "cert.pem").read_bytes())
    _, err = box.course("up", code=2, **far, DOCKER_TLS_VERIFY="1")
    assert "TLS" in err


def certificates(folder: Path) -> None:
    """A CA, a server certificate for 127.0.0.1, and a client's."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    # Python 3.13 and newer ask for a CA's key usage (VERIFY_X509_STRICT).
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    files = ("-keyout", "ca-key.pem", "-out", "ca.pem")
    openssl("req", "-x509", *key, *files, "-subj", "/CN=ca", "-days", "2", *usage)
    signed = ("-CA", "ca.pem", "-CAkey", "ca-key.pem", "-days", "2")
    for name, cert, use in (("server", "server", "serverAuth"), ("key", "cert", "clientAuth")):
        private = "server-key.pem" if name == "server" else "key.pem"
        openssl(
            *("req", "-x509", *key, "-keyout", private, "-out", f"{cert}.pem", "-subj", f"/CN={name}"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-addext", f"extendedKeyUsage={use}"),
            *("-addext", "basicConstraints=CA:FALSE", *signed),
        )


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs the test as a user without rights."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.fixture
def closed_socket() -> Iterator[str]:
    """A listening socket that only root may open."""
    file = f"/tmp/closed-{os.getpid()}.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(file)
        Path(file).chmod(0o600)
        server.listen()
        yield f"unix://{file}"
    Path(file).unlink()


def test_a_socket_without_permission(
    closed_socket: str, nobody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", closed_socket)
    with pytest.raises(EngineDenied) as caught:
        find_engine()
    assert closed_socket in str(caught.value)
    assert "usermod -aG docker" in caught.value.hint


def test_a_denied_socket_is_told_even_if_others_are_merely_absent(
    closed_socket: str, nobody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = Address("unix:///tmp/absent.sock", "embedded")
    monkeypatch.setattr(
        "course.engine.find.candidates", lambda: [Address(closed_socket, "socket", "x"), absent]
    )
    with pytest.raises(EngineDenied):
        find_engine()
    monkeypatch.setattr("course.engine.find.candidates", lambda: [absent])
    with pytest.raises(NoEngine):
        find_engine()

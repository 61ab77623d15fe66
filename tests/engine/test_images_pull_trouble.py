"""Pulls from registries that fail, each in its way: locked, not trusted, in error, silent, not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import ExitStack
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from course.errors import CertificateRejected, PullFailed, RateLimited, RegistryUnreachable, UnknownTag
from course.images.pull import pull
from tests.engine.base_images import PYTHON, REGISTRY, logs, need, put, running, until
from tests.engine.registries import STEP, port_of

pytestmark = pytest.mark.engine

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBhzCCAS2gAwIBAgIUXFj7ZR0UPy0J5/qfPPpgb97U/ZIwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNcmVnaXN0cnkudGVzdDAgFw0yNjExMjQyMjM0MzJaGA8yMTI2
MTAzMTIyMzQzMlowGDEWMBQGA1UEAwwNcmVnaXN0cnkudGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABLGSVgM2qxcZTcGOG5GgX3i71TZrUhYUNrgzcaEDiAcm
UAFzJkrh/IJdaJuaygUUiiAOg3ylx+M/EBQ3ioCg/aajUzBRMB0GA1UdDgQWBBQh
RBL28+PS9914yRM0o4sX7w+eJjAfBgNVHSMEGDAWgBQhRBL28+PS9914yRM0o4sX
7w+eJjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIBRhKgWC0rhy
L8fbvYoypRruGnD+96HOoopA5HBCkwV/AiEA8lDbdfpd1SYC0Q7xg+UcgXAFtLUH
KecgLoLOUwaQyQc=
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/exHypcmZuhai9Jx
gOCz399MMSan4gnZWH6uYyAXs66hRANCAASxklYDNqsXGU3BjhuRoF94u9U2a1IW
FDa4M3GhA4gHJlABcyZK4fyCXWibmsoFFIogDoN8pcfjPxAUN4qAoP2m
-----END PRIVATE KEY-----
"""
HTPASSWD = "me:$2a$05$fJcg/iaQQucaUbd2rvgkLujdBPUPxLE3EL31I.71.jUMRFRmD1NZ6\n"  # opensesame


def published(client: docker.DockerClient, stack: ExitStack, program: str) -> str:
    """Starts a Python program that listens on port 5000, and returns its address as the engine sees it."""
    return serving(client, stack, program)[0]


def serving(client: docker.DockerClient, stack: ExitStack, program: str) -> tuple[str, Container]:
    """The same, and its container."""
    need(client, PYTHON)
    ports = {"5000/tcp": ("127.0.0.1", None)}
    box = stack.enter_context(running(client, PYTHON, "python", "-c", program, ports=ports))
    until(lambda: "listening on" in logs(box), "the server listens")
    return f"127.0.0.1:{port_of(box)}", box


def test_a_registry_that_asks_for_a_password(client: docker.DockerClient, stack: ExitStack) -> None:
    need(client, REGISTRY)
    box = stack.enter_context(
        running(
            client,
            REGISTRY,
            "sh",
            "-c",
            "until [ -s /htpasswd ]; do sleep 0.1; done; exec /entrypoint.sh /etc/docker/registry/config.yml",
            environment={
                "REGISTRY_AUTH": "htpasswd",
                "REGISTRY_AUTH_HTPASSWD_REALM": "test",
                "REGISTRY_AUTH_HTPASSWD_PATH": "/htpasswd",
            },
            ports={"5000/tcp": ("127.0.0.1", None)},
        )
    )
    put(box, "/", "htpasswd", HTPASSWD.encode())
    until(lambda: "listening on" in logs(box), "the registry listens")
    place = f"127.0.0.1:{port_of(box)}"
    with pytest.raises(UnknownTag, match="logged in"):
        pull(client, f"{place}/some:1", STEP, registry=place)
    assert client.login("me", "opensesame", registry=place, reauth=True)["Status"] == "Login Succeeded"
    with pytest.raises(docker.errors.APIError):
        client.login("me", "wrong", registry=place, reauth=True)


def test_a_certificate_that_nobody_signed(client: docker.DockerClient, stack: ExitStack) -> None:
    need(client, REGISTRY)
    box = stack.enter_context(
        running(
            client,
            REGISTRY,
            "sh",
            "-c",
            "until [ -s /k.pem ]; do sleep 0.1; done; exec /entrypoint.sh /etc/docker/registry/config.yml",
            environment={"REGISTRY_HTTP_TLS_CERTIFICATE": "/c.pem", "REGISTRY_HTTP_TLS_KEY": "/k.pem"},
        )
    )
    put(box, "/", "c.pem", CERTIFICATE.encode())
    put(box, "/", "k.pem", KEY.encode())
    until(lambda: "listening on" in logs(box), "the registry listens")
    # Not by way of the loopback: engines don't check certificates there.
    box.reload()
    networks = box.attrs["NetworkSettings"]["Networks"].values()
    place = f"{next(iter(networks))['IPAddress']}:5000"
    with pytest.raises(CertificateRejected) as caught:
        pull(client, f"{place}/some:1", STEP, registry=place)
    assert "x509" in caught.value.detail
    assert "certs.d" in caught.value.hint


ANSWER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    default_request_version = "HTTP/1.0"  # a TLS handshake gets a proper 400, so the engine tries plain HTTP
    def do_GET(self):
        status, body = (200, b"{}") if self.path == "/v2/" else (STATUS, BODY)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_HEAD = do_GET
server = http.server.ThreadingHTTPServer(("", 5000), Handler)
print("listening on 5000", flush=True)
server.serve_forever()
"""
TOO_MANY = b'{"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."}]}'
UNKNOWN = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
DENIED = b'{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}'
MUTE = """
import socket, time
server = socket.create_server(("", 5000))
print("listening on 5000", flush=True)
held = []
while True:
    held.append(server.accept())
    print("somebody called", flush=True)
"""


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, TOO_MANY, RateLimited),
        (404, UNKNOWN, UnknownTag),
        (403, DENIED, UnknownTag),
        (503, b"busy", RegistryUnreachable),
    ],
)
def test_a_registry_that_answers_with_an_error(
    client: docker.DockerClient, stack: ExitStack, status: int, body: bytes, kind: type[PullFailed]
) -> None:
    program = ANSWER.replace("STATUS", str(status)).replace("BODY", repr(body))
    place = published(client, stack, program)
    with pytest.raises(kind) as caught:
        pull(client, f"{place}/some:1", STEP, registry=place)
    assert type(caught.value) is kind
    assert place in str(caught.value)


def test_a_registry_that_says_nothing_is_not_waited_for(
    client: docker.DockerClient, stack: ExitStack
) -> None:
    place = published(client, stack, MUTE)
    began = time.monotonic()
    with pytest.raises(RegistryUnreachable, match="did not answer within 2 s"):
        pull(client, f"{place}/some:1", STEP, registry=place, first_word=2)
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("place", "words"), [("127.0.0.1:9", "refused"), ("registry.invalid", "no such host|lookup")]
)
def test_a_registry_that_is_not_there(client: docker.DockerClient, place: str, words: str) -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        pull(client, f"{place}/some:1", STEP, registry=place)
    assert any(word in caught.value.detail for word in words.split("|"))
    assert "COURSE_REGISTRY" in caught.value.hint


# A mirror that lacks what is asked for first, and then says no more.
TURNS_SILENT = (
    ANSWER.replace("STATUS", "404")
    .replace("BODY", repr(UNKNOWN))
    .replace(
        "    def do_GET(self):\n",
        "    def do_GET(self):\n"
        "        if 'silent' in self.path:\n"
        "            print('somebody called', flush=True)\n"
        "            import threading; threading.Event().wait()\n",
    )
)
CATALOGUE = "".join(
    f"""
["registry.invalid/course-test-{name}:1"]
about = "nothing"
used_by = ["00"]
real_bytes = {number}
stand_in = "debian"
"""
    for number, name in enumerate(("absent", "silent"))
)


@pytest.mark.parametrize("program", [MUTE, TURNS_SILENT], ids=["from the start", "for the second image"])
def test_ctrl_c_ends_the_wait_for_a_silent_registry_at_once(
    client: docker.DockerClient, stack: ExitStack, tmp_path: Path, program: str
) -> None:
    place, box = serving(client, stack, program)
    (tmp_path / "catalogue.toml").write_text(CATALOGUE)
    given = {"COURSE_REGISTRY": place, "COURSE_CATALOGUE": str(tmp_path / "catalogue.toml")}
    process = subprocess.Popen(
        [sys.executable, "-c", "from course.cli import main; main()", "images", "pull", "--stand-ins"],
        env=os.environ | given | {"COURSE_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stack.callback(process.kill)
    until(lambda: "somebody called" in logs(box), "the engine asks for the image")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert time.monotonic() - began < 5


def test_a_pull_can_be_cancelled_from_another_thread(client: docker.DockerClient, stack: ExitStack) -> None:
    place, box = serving(client, stack, MUTE)
    cancels: list[Callable[[], None]] = []

    def cancel() -> None:
        until(lambda: "somebody called" in logs(box), "the engine asks for the image")
        cancels[0]()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    began = time.monotonic()
    with pytest.raises(CancelledError):
        pull(client, f"{place}/some:1", STEP, registry=place, on_start=cancels.append)
    assert time.monotonic() - began < 15
    canceller.join()

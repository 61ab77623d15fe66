"""Builds that go wrong for other reasons: an engine that goes away, or loses its cache; a Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from course.build import build, buildx
from course.engine.connect import connect
from course.engine.find import find_engine
from course.engine.labels import made_image
from course.engine.listing import list_images
from course.errors import BuildError, BuildTimeout, DockerfileError, EngineGone, EngineTooOld
from course.trace import Build, Given

pytestmark = pytest.mark.engine

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
LOST = "parent snapshot sha256:77 does not exist: not found"
# What 26.1 with the containerd store says to any build from a tar (moby/moby#47717).
NO_TAR = 'failed to read downloaded context: failed to load cache key: Get "http://build-context-x": no host'


class Between:
    """Stands between a client and the engine: passes everything on, until it is told otherwise."""

    def __init__(self, engine: str, place: Path) -> None:
        self.url = f"unix://{place}"
        self.losses, self.words = 0, LOST  # so many builds are answered with this error
        self.builds = 0
        self._engine, self._open = engine.removeprefix("unix://"), True
        self._pairs: list[socket.socket] = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(place))
        self._server.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """The engine is gone: nothing that is open stays open, and nobody answers."""
        self._open = False
        for one in (self._server, *self._pairs):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while self._open:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(self._engine)
        self._pairs += [client, engine]
        losing = False
        with contextlib.suppress(OSError, ValueError), client, engine:
            while ready := select.select([client, engine], [], [])[0]:
                for source in ready:
                    data = source.recv(65536)
                    if source is client and b"/build?" in data.split(b"\r\n", 1)[0]:
                        self.builds += 1
                        losing = self.builds <= self.losses
                    if losing and data.endswith(b"0\r\n\r\n"):  # the whole body has come
                        error = {"errorDetail": {"message": self.words}, "error": self.words}
                        client.sendall(HEAD + json.dumps(error).encode() + b"\r\n")
                        return
                    if not data:
                        return
                    if not losing:
                        (engine if source is client else client).sendall(data)


@contextmanager
def between() -> Iterator[tuple[Between, docker.DockerClient]]:
    address = find_engine()
    if not address.url.startswith("unix://"):
        pytest.skip("the engine is not at a socket of this machine")
    with tempfile.TemporaryDirectory() as place:
        proxy = Between(address.url, Path(place) / "s")
        client = docker.DockerClient(base_url=proxy.url, version="auto", timeout=60)
        try:
            yield proxy, client
        finally:
            client.close()
            proxy.cut()


@pytest.fixture
def tag() -> Iterator[str]:
    name = f"course-test-{uuid.uuid4().hex[:12]}:1"
    yield name
    with contextlib.closing(connect()) as client:
        if list_images(client.api, name):
            client.images.remove(name)


def write(folder: Path, *lines: str) -> Path:
    (folder / "Dockerfile").write_text("\n".join(["FROM busybox:1.37", *lines, ""]))
    return folder


def test_an_engine_that_goes_away_in_the_middle_is_said(tmp_path: Path, tag: str) -> None:
    write(tmp_path, f"RUN sleep 30; : {uuid.uuid4()}")
    with between() as (proxy, client):

        def cut_when_it_runs(update: Build) -> None:
            if any(step.running and "sleep 30" in step.name for step in update.steps):
                proxy.cut()

        with pytest.raises(EngineGone) as caught:
            build(
                client, tmp_path, tag=tag, labels=made_image(tag), network="none", on_update=cut_when_it_runs
            )
        assert "course doctor" in caught.value.hint


def test_what_the_engine_lost_is_asked_for_once_more(tmp_path: Path, tag: str) -> None:
    write(tmp_path, "RUN true")
    with between() as (proxy, client):
        proxy.losses = 1
        built = build(client, tmp_path, tag=tag, labels=made_image(tag), network="none")
        assert built.image
        assert proxy.builds == 2
        proxy.builds, proxy.losses = 0, 9
        with pytest.raises(BuildError, match="parent snapshot"):
            build(client, tmp_path, tag=tag, labels=made_image(tag), network="none")
        assert proxy.builds == 2


def test_an_engine_that_takes_no_tar_is_asked_by_the_docker_cli(tmp_path: Path, tag: str) -> None:
    write(tmp_path, "COPY file /", f"RUN echo done; : {uuid.uuid4()}")
    (tmp_path / "file").write_text("x")
    with between() as (proxy, client):
        proxy.losses, proxy.words = 1, NO_TAR
        if buildx.find(client) is None:
            pytest.skip("needs the docker CLI with buildx")
        built = build(client, tmp_path, tag=tag, labels=made_image(tag), network="none")
        assert proxy.builds == 1
        assert built.image == client.api.inspect_image(tag)["Id"]
        assert [step.line for step in built.steps] == [1, 2, 3]
        assert built.steps[-1].log == "done\n"
        assert built.given is not None
        assert "file" in (built.given.context or {})
        proxy.builds = 0
        limits = [{"Name": "nofile", "Soft": 99, "Hard": 99}]
        with pytest.raises(EngineTooOld):  # what must be limited is not handed to a CLI that isn't told
            build(client, tmp_path, tag=tag, labels=made_image(tag), network="none", ulimits=limits)


def test_a_syntax_error_shows_its_line(tmp_path: Path, tag: str) -> None:
    write(tmp_path, "RUN true", "COPPY a b", "RUN true")
    with contextlib.closing(connect()) as client, pytest.raises(DockerfileError) as caught:
        build(client, tmp_path, tag=tag, labels=made_image(tag), network="none")
    assert caught.value.line == 3
    assert "> 3 COPPY a b" in caught.value.detail
    assert "unknown instruction" in str(caught.value)


def test_a_secret_names_the_command_that_can(tmp_path: Path, tag: str) -> None:
    write(tmp_path, "RUN --mount=type=secret,id=x true")
    with contextlib.closing(connect()) as client, pytest.raises(BuildError) as caught:
        build(client, tmp_path, tag=tag, labels=made_image(tag), network="none")
    assert caught.value.line == 2
    assert f"docker buildx build --secret id=ID,src=FILE -t {tag}" in caught.value.hint


def course(*arguments: str) -> subprocess.Popen[str]:
    program = [sys.executable, "-c", "from course.cli import main; main()", "build", *arguments]
    return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_ends_the_build_in_the_engine_too(tmp_path: Path, tag: str) -> None:
    mark = f"43.{uuid.uuid4().int % 10**9}"
    write(tmp_path, f"RUN sleep {mark}")
    process = course(str(tmp_path), "-t", tag)
    here = wait_for(lambda: running(mark), 60) if shutil.which("ps") else False
    if not here:  # the engine runs elsewhere: its processes cannot be seen from here
        process.kill()
        process.communicate()
        pytest.skip("the engine's processes cannot be seen from here")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert wait_for(lambda: not running(mark), 30)


@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        (["RUN true"], 0, "built"),
        (["RUN echo the reason; exit 3"], 1, "the reason"),
        (["NONSENSE"], 1, "unknown instruction"),
    ],
)
def test_exit_codes(tmp_path: Path, tag: str, lines: list[str], code: int, words: str) -> None:
    out, err = course(str(write(tmp_path, *lines)), "-t", tag).communicate(timeout=120)
    assert words in out + err
    process = course(str(tmp_path), "-t", tag, "--json")
    process.communicate(timeout=120)
    assert process.returncode == code


def test_what_cannot_be_tried_is_2(tmp_path: Path) -> None:
    for arguments in ([str(tmp_path / "nowhere"), "-t", "x"], [str(tmp_path)], ["--against", "/dev/null"]):
        process = course(*arguments)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "Traceback" not in err


def wait_for(what: object, seconds: float) -> bool:
    done = threading.Event()
    for _ in range(int(seconds * 10)):
        if what():  # type: ignore[operator]
            return True
        done.wait(0.1)
    return False


def running(mark: str) -> bool:
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            if line.startswith(b"sleep\0") and mark.encode() in line and int(entry.name) != os.getpid():
                return True
    return False


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.06, 0.1, 0.2])
def test_the_cli_s_build_ends_soon_however_early_it_is_cancelled(
    client: docker.DockerClient, tmp_path: Path, delay: float
) -> None:
    """docker starts its plugin, and the plugin the build: a signal to the first alone can come too early."""
    cli = buildx.find(client)
    if cli is None:
        pytest.skip("no docker CLI with buildx")
    text = f"FROM busybox:1.37\nRUN : {uuid.uuid4()}; sleep 60\n"
    (tmp_path / "Dockerfile").write_text(text)
    began = time.monotonic()
    with pytest.raises(BuildTimeout):
        buildx.build(
            cli,
            tmp_path,
            Given(text, tag=f"course-test-{uuid.uuid4().hex[:12]}:1"),
            on_start=lambda cancel: threading.Timer(delay, cancel).start(),
        )
    assert time.monotonic() - began < 30

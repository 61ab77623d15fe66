"""The docker command line, buildx and Compose through the gateway, on a real engine."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from course.engine.cleanup import reset
from course.engine.embedded import cli_environment
from course.engine.find import find_engine
from course.engine.gateway import Gateway
from course.engine.labels import MADE
from course.engine.ledger import Ledger
from course.engine.listing import list_images

pytestmark = pytest.mark.engine

BASE = "busybox:1.37"
SECONDS = 90


def eventually(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


class Shell:
    """Runs docker's command line through a gateway."""

    def __init__(self, gateway: Gateway, ledger: Ledger, prefix: str) -> None:
        self.gateway, self.ledger, self.prefix = gateway, ledger, prefix
        self.environment = os.environ | cli_environment(gateway.address) | {"DOCKER_HOST": gateway.url}
        if shutil.which("docker", path=self.environment["PATH"]) is None:
            pytest.skip("no docker command line; course up brings it")

    def run(self, *words: str, code: int = 0, stdin: bytes = b"", **environment: str) -> str:
        """Standard output of `docker WORDS`."""
        done = subprocess.run(
            ["docker", *words],
            env=self.environment | environment,
            input=stdin,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["docker", *words], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def on_a_terminal(self, *words: str, typed: list[tuple[str, str]]) -> tuple[str, int]:
        """Types each text once what was waited for has appeared. Returns all that was shown, and the code."""
        return on_a_terminal(["docker", *words], self.environment, typed)

    def noted(self) -> set[tuple[str, str, str]]:
        with contextlib.closing(docker.DockerClient(base_url=self.gateway.address.url)) as client:
            entries = self.ledger.entries(client.info()["ID"])
        return {(entry.kind, entry.name, entry.how) for entry in entries}


def on_a_terminal(
    words: list[str], environment: dict[str, str], typed: list[tuple[str, str]]
) -> tuple[str, int]:
    terminal, inner = pty.openpty()
    process = subprocess.Popen(
        words, env=environment, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    )
    os.close(inner)
    killer = threading.Timer(SECONDS, process.kill)
    killer.start()
    shown = ""
    try:
        while True:
            try:
                piece = os.read(terminal, 65_536)
            except OSError:  # Linux says so when the other side of a terminal has closed
                piece = b""
            if not piece:
                break
            shown += piece.decode(errors="replace")
            if typed and typed[0][0] in shown:
                os.write(terminal, typed.pop(0)[1].encode())
        return shown, process.wait()
    finally:
        killer.cancel()
        os.close(terminal)


@pytest.fixture
def shell(tmp_path: Path, client: docker.DockerClient) -> Iterator[Shell]:
    prefix = f"gw-test-{uuid.uuid4().hex[:10]}"
    with contextlib.closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        with Gateway(find_engine(), ledger) as gateway:
            yield Shell(gateway, ledger, prefix)
        reset(client, ledger, everything=True, only=lambda item: prefix in item.name)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nCOPY stamp /stamp\nRUN cat /stamp > /copy\n")
    (folder / "stamp").write_text(uuid.uuid4().hex)
    return folder


def test_run_passes_input_output_and_exit_code(shell: Shell) -> None:
    assert shell.run("run", "--rm", BASE, "echo", "hi") == "hi\n"
    assert shell.run("run", "--rm", "-i", BASE, "cat", stdin=b"hi\n" * 100_000) == "hi\n" * 100_000
    shell.run("run", "--rm", BASE, "sh", "-c", "exit 42", code=42)


def test_a_terminal_session(shell: Shell) -> None:
    name = f"{shell.prefix}-tty"
    shown, code = shell.on_a_terminal(
        "run", "-it", "--name", name, BASE, "sh",
        typed=[("# ", "echo $((6*7))0\n"), ("420", "tty; exit 7\n")],
    )  # fmt: skip
    assert code == 7, shown
    assert "/dev/pts" in shown
    shell.run("start", name)
    shown, code = shell.on_a_terminal("exec", "-it", name, "sh", typed=[("# ", "exit 5\n")])
    assert code == 5, shown


def test_interrupted_logs_leave_nothing_behind(shell: Shell) -> None:
    name = f"{shell.prefix}-logs"
    shell.run("run", "-d", "--name", name, BASE, "sh", "-c", "echo ready; sleep 100")
    following = shell.start("logs", "-f", name)
    assert following.stdout is not None
    assert following.stdout.readline() == b"ready\n"
    following.send_signal(signal.SIGINT)
    following.communicate(timeout=SECONDS)
    killed = shell.start("logs", "-f", name)
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"ready\n"
    killed.kill()
    killed.communicate(timeout=SECONDS)
    eventually(
        lambda: len([call for call in shell.gateway.tape if call.path.endswith("/logs")]) == 2,
        "both calls have ended",
    )
    eventually(
        lambda: not [one for one in threading.enumerate() if one.name == "gateway connection"],
        "their threads have ended",
    )


def test_files_are_copied_both_ways(shell: Shell, tmp_path: Path) -> None:
    name = f"{shell.prefix}-cp"
    shell.run("create", "--name", name, BASE)
    (tmp_path / "in").write_bytes(os.urandom(5_000_000))
    shell.run("cp", str(tmp_path / "in"), f"{name}:/file")
    shell.run("cp", f"{name}:/file", str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == (tmp_path / "in").read_bytes()


def test_builds_are_labelled_or_written_down(
    shell: Shell, context: Path, client: docker.DockerClient
) -> None:
    buildx, classic = f"{shell.prefix}-buildx:1", f"{shell.prefix}-classic:1"
    shell.run("build", "-t", buildx, "-t", f"{shell.prefix}-second", str(context))
    assert ("image", buildx, "built") in shell.noted()
    assert ("image", f"{shell.prefix}-second:latest", "built") in shell.noted()
    shell.run("build", "-q", "-t", classic, str(context), DOCKER_BUILDKIT="0")
    assert client.images.get(classic).labels[MADE] == "image"
    # The classic builder's intermediate images carry no label.
    assert [how for kind, name, how in shell.noted() if (kind, name) == ("image", "")] == ["built"]
    reset(client, shell.ledger, only=lambda item: not item.name or shell.prefix in item.name)
    assert not [item for item in shell.noted() if item[0] == "image"]
    assert not list_images(client.api, f"{shell.prefix}*")


def test_a_failed_build_is_not_written_down(shell: Shell, context: Path) -> None:
    (context / "Dockerfile").write_text(f"FROM {BASE}\nRUN exit 3\n")
    shell.run("build", "-t", f"{shell.prefix}-bad:1", str(context), code=1)
    assert not [item for item in shell.noted() if item[0] == "image"]


def test_save_into_load(shell: Shell, context: Path) -> None:
    name = f"{shell.prefix}-sl:1"
    shell.run("build", "-q", "-t", name, str(context))
    saved = shell.start("save", name)
    assert saved.stdout is not None
    loaded = subprocess.run(
        ["docker", "load"],
        env=shell.environment,
        stdin=saved.stdout,
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    assert loaded.stdout.decode().strip() == f"Loaded image: {name}"
    saved.communicate(timeout=SECONDS)


def test_compose_up_logs_and_down(shell: Shell, context: Path, client: docker.DockerClient) -> None:
    project = f"{shell.prefix}-compose"
    (context / "compose.yaml").write_text(
        f"""
name: {project}
services:
  web:
    build: .
    command: sh -c 'echo serving; sleep 100'
    init: true
    volumes: ["data:/data"]
  side:
    image: {BASE}
    command: sh -c 'echo beside; sleep 100'
    init: true
    depends_on: [web]
volumes:
  data:
"""
    )
    compose = ("compose", "-f", str(context / "compose.yaml"))
    shell.run(*compose, "up", "-d", "--build")
    for container in client.containers.list(filters={"label": f"com.docker.compose.project={project}"}):
        assert container.labels[MADE] == "container"
    assert client.networks.get(f"{project}_default").attrs["Labels"][MADE] == "network"
    assert client.volumes.get(f"{project}_data").attrs["Labels"][MADE] == "volume"
    assert ("image", f"{project}-web:latest", "built") in shell.noted()
    following = shell.start(*compose, "logs", "-f", "--no-color")
    assert following.stdout is not None
    shown = [following.stdout.readline(), following.stdout.readline()]
    assert sorted(line.split()[-1] for line in shown) == [b"beside", b"serving"]
    following.send_signal(signal.SIGINT)
    following.communicate(timeout=SECONDS)
    # An image that is there is not built again, and its containers are kept: labels don't confuse Compose.
    before = {c.id for c in client.containers.list(filters={"name": project})}
    shell.run(*compose, "up", "-d")
    assert {c.id for c in client.containers.list(filters={"name": project})} == before
    shell.run(*compose, "down", "-v", "-t", "0")
    assert not client.containers.list(all=True, filters={"name": project})


def test_course_tape_runs_a_command_on_a_terminal(shell: Shell, tmp_path: Path) -> None:
    environment = shell.environment | {"COURSE_HOME": str(tmp_path), "DOCKER_HOST": shell.gateway.address.url}
    course = [sys.executable, "-c", "from course.cli import main; main()", "tape"]
    shown, code = on_a_terminal(
        [*course, "--", "docker", "run", "--rm", "-it", BASE, "sh"],
        environment,
        typed=[("# ", "echo $((6*7))0\n"), ("420", "exit 9\n")],
    )
    assert code == 9, shown
    assert "/containers/create" in shown
    assert f"docker create -i -t --rm {BASE} sh" in shown
    done = subprocess.run(
        [*course, "--json", "--", "docker", "run", "--rm", BASE, "echo", "to stderr"],
        env=environment, capture_output=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    assert b"to stderr" in done.stderr
    calls = json.loads(done.stdout)
    assert {"method", "path", "status", "ms", "bytes_in", "bytes_out", "cli"} <= calls[0].keys()
    failed = subprocess.run(
        [*course, "--", "no-such-command"], env=environment, capture_output=True, check=False
    )
    assert failed.returncode == 2
    assert b"no-such-command" in failed.stderr

"""A check in trouble: Ctrl-C, two at once, an engine that goes away or stumbles."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import APIError

from checkers import Status, building, check
from checkers.attempt import PROCESS
from course.build.buildx import host_of
from course.engine.listing import list_images
from course.errors import StepFailed
from tests.engine.checks import COURSE, EXERCISE, course, made_by, slow, tags_of, wait_for

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("phase", ["build", "run"])
def test_an_interrupted_check_leaves_nothing(
    client: docker.DockerClient, home: Path, number: signal.Signals, phase: str
) -> None:
    folder = slow(home / "answer")
    if phase == "run":  # nothing answers: the probe waits for its deadline
        (folder / "Dockerfile").write_text('FROM busybox:1.37\nCMD ["sleep", "600"]\n')
    words = [*COURSE, "check", EXERCISE.id, "--dir", str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        # A network and the cage; then the learner's container, too.
        enough = 3 if phase == "run" else 2
        made = wait_for(lambda: len(found := made_by(client, process.pid)) >= enough and found)
        tags = tags_of(client, made)
        process.send_signal(number)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)  # an impatient second one
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    assert (phase == "run") == bool(tags)
    assert not made_by(client, process.pid)
    assert not tags & {tag for one in list_images(client.api) for tag in one["RepoTags"] or ()}


def test_two_checks_of_one_exercise(client: docker.DockerClient, home: Path) -> None:
    assert course("start", EXERCISE.id).returncode == 0
    slow(home / "work" / EXERCISE.id)
    words = [*COURSE, "check", EXERCISE.id]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        wait_for(lambda: made_by(client, first.pid))
        second = course("check", EXERCISE.id)
        other_folder = course("check", EXERCISE.id, "--dir", str(EXERCISE.solution))
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=60)
    assert (second.returncode, "is running already" in second.stderr) == (2, True)
    assert other_folder.returncode == 0, other_folder.stdout
    shutil.copytree(EXERCISE.solution, home / "work" / EXERCISE.id, dirs_exist_ok=True)
    assert course("check", EXERCISE.id).returncode == 0


class Cable:
    """A Unix socket in front of the engine's, that can be cut."""

    def __init__(self, path: Path, engine: str) -> None:
        self._engine = engine
        self._cut = False
        self._open: list[socket.socket] = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Ends every connection, and refuses new ones."""
        self._cut = True
        for one in (self._server, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._cut:
                near, _ = self._server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._engine)
                self._open += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def cable(client: docker.DockerClient, tmp_path: Path) -> Iterator[tuple[Cable, str]]:
    host = host_of(client)
    if host is None or not host.startswith("unix://"):
        pytest.skip("the engine isn't behind a Unix socket")
    path = tmp_path / "e.sock"
    cable = Cable(path, host.removeprefix("unix://"))
    yield cable, f"unix://{path}"
    cable.cut()


def remove_all(client: docker.DockerClient, process: int) -> None:
    """Removes what a check left that is dead by now. Any other test's check does the same meanwhile."""
    label = {"label": f"{PROCESS}={process}"}
    tags = tags_of(client, made_by(client, process))
    for container in client.api.containers(all=True, filters=label):
        with contextlib.suppress(APIError):
            client.api.remove_container(container["Id"], force=True)
    for network in client.api.networks(filters=label):
        with contextlib.suppress(APIError):
            client.api.remove_network(network["Id"])
    for tag in tags:
        with contextlib.suppress(APIError):
            client.api.remove_image(tag)
    wait_for(lambda: not made_by(client, process))


@pytest.mark.parametrize("phase", ["build", "run"])
def test_an_engine_that_goes_away_is_an_error(
    client: docker.DockerClient, cable: tuple[Cable, str], home: Path, phase: str
) -> None:
    folder = slow(home / "answer")
    if phase == "run":
        (folder / "Dockerfile").write_text('FROM busybox:1.37\nCMD ["sleep", "600"]\n')
    words = [*COURSE, "check", EXERCISE.id, "--dir", str(folder), "--json"]
    environment = {**os.environ, "DOCKER_HOST": cable[1]}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        wait_for(lambda: len(made_by(client, process.pid)) >= (3 if phase == "run" else 2))
        cable[0].cut()
        out, _ = process.communicate(timeout=60)
    remove_all(client, process.pid)  # nobody could through a cut cable
    report = json.loads(out)
    assert (process.returncode, report["status"]) == (2, "error"), out
    assert Status.FAIL not in {one["status"] for one in report["checks"]}, out


@pytest.mark.parametrize(
    "words",
    [
        "parent snapshot sha256:abc does not exist: not found",
        "runc run failed: unable to start container process: waiting for init preliminary setup: "
        "read init-p: connection reset by peer",
    ],
)
def test_a_transient_fault_is_retried_and_never_blamed(
    client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: str
) -> None:
    answer = shutil.copytree(EXERCISE.solution, tmp_path / "answer")  # one check of a folder at a time
    real, faults = building._plain, [1]

    def faulty(*arguments: Any) -> Any:
        if faults and faults.pop():
            raise StepFailed("failed", detail=words)
        return real(*arguments)

    monkeypatch.setattr(building, "_plain", faulty)
    assert check(EXERCISE.id, answer, client=client).status is Status.PASS
    faults += [1, 1]
    report = check(EXERCISE.id, answer, client=client)
    assert report.checks[0].status is Status.ERROR
    assert words in report.checks[0].evidence

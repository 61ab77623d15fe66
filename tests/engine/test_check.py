"""`course check` from the outside: exit codes, JSON, Ctrl-C, two at once, an engine that goes away."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import APIError

from checkers import Status, building, check, render
from checkers.abandoned import ATTEMPT
from checkers.attempt import PROCESS, Attempt
from checkers.plans import plan_for
from checkers.runner import run
from course.build.buildx import host_of
from course.engine.listing import list_images
from course.errors import StepFailed
from course.exercises import find

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]
EXERCISE = find("03-first-dockerfile")
COURSE = [sys.executable, "-c", "from course.cli import main; main()"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: docker.DockerClient) -> Path:
    """A learner's own home and work folder, on the engine that the other tests use."""
    host = host_of(client)
    assert host is not None
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    return tmp_path


def course(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COURSE, *words], capture_output=True, text=True, timeout=100)


def slow(folder: Path) -> Path:
    """An answer whose build takes a minute."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(f"FROM busybox:1.37\nRUN : {uuid.uuid4()}; sleep 60\n")
    return folder


def made_by(client: docker.DockerClient, process: int) -> set[str]:
    """The containers and networks of that process's checks."""
    label = {"label": f"{PROCESS}={process}"}
    return {
        *(str(one["Id"]) for one in client.api.containers(all=True, filters=label)),
        *(str(one["Id"]) for one in client.api.networks(filters=label)),
    }


def tags_of(client: docker.DockerClient, made: set[str]) -> set[str]:
    """The images of the checks that made these containers and networks; their names begin alike."""
    names = {
        str(one["Labels"][ATTEMPT])
        for one in client.api.networks(filters={"label": ATTEMPT})
        if one["Id"] in made
    }
    tags = {tag for one in list_images(client.api) for tag in one["RepoTags"] or ()}
    return {tag for tag in tags if tag.partition(":")[0] in names}


def wait_for(true: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.1)
    return found


# Verdicts ---------------------------------------------------------------------------------------------


def test_a_right_answer(home: Path) -> None:
    done = course("check", EXERCISE.id, "--dir", str(EXERCISE.solution))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_the_learner_s_way(home: Path) -> None:
    assert course("check", EXERCISE.id).returncode == 2  # not started
    assert course("start", EXERCISE.id).returncode == 0
    failed = course("check", EXERCISE.id)
    assert (failed.returncode, "not yet" in failed.stdout) == (1, True)
    shutil.copy(EXERCISE.solution / "Dockerfile", home / "work" / EXERCISE.id)
    passed = course("check", EXERCISE.id, "--json")
    assert passed.returncode == 0, passed.stderr
    report = json.loads(passed.stdout)
    assert (report["exercise"], report["status"], report["score"]) == (EXERCISE.id, "pass", 1.0)
    assert set(report["engine"]) == {"version", "store"}
    listed = {one["id"]: one for one in json.loads(course("list", "--json").stdout)["exercises"]}
    assert (listed[EXERCISE.id]["state"], listed[EXERCISE.id]["attempts"]) == ("passed", 2)
    everything = course("check", "--all", "--json")
    assert [one["status"] for one in json.loads(everything.stdout)] == ["pass"]
    shutil.rmtree(home / "work" / EXERCISE.id)
    gone = course("check", EXERCISE.id)
    assert (gone.returncode, "course start" in gone.stderr) == (2, True)


def test_an_unknown_exercise_names_the_nearest(home: Path) -> None:
    done = course("check", "03-frist-dockerfile", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "03-first-dockerfile" in done.stderr


def test_no_engine_is_an_error_with_a_report(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{home}/nobody.sock")
    done = course("check", EXERCISE.id, "--dir", str(EXERCISE.solution), "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["status"], report["checks"][0]["id"]) == (2, "error", "engine")
    assert report["checks"][0]["hint"]


def test_a_missing_base_image_is_an_error(client: docker.DockerClient) -> None:
    exercise = dataclasses.replace(EXERCISE, images=("course-test-none:1",))
    report = run(exercise, plan_for(EXERCISE.id), EXERCISE.solution, client)
    assert report.status is Status.ERROR
    assert report.checks[0].hint == "Run: course images pull course-test-none:1"


@pytest.mark.parametrize("line", ["", "RUN true\n"])
def test_two_learners_files_that_look_alike(client: docker.DockerClient, tmp_path: Path, line: str) -> None:
    """Of one archive: same name, size and time. buildx would not send the second one's (see `folder`)."""
    seen = []
    for learner in ("Ada", "Bob"):
        folder = tmp_path / learner / "answer"
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text(
            f'FROM busybox:1.37\nCOPY name /name\n{line}CMD ["cat", "/name"]\n'
        )
        (folder / "name").write_text(learner)
        for path in folder.iterdir():
            os.utime(path, (1_600_000_000, 1_600_000_000))
        with Attempt(client, folder) as attempt:
            running = attempt.run(attempt.build().tag)
            running.wait_exit(20)
            seen.append(running.logs())
    assert seen == ["Ada", "Bob"]


BAD = {
    "missing": (lambda path: None, "There is no Dockerfile"),
    "empty": (lambda path: path.write_text(""), "holds no instruction"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "not UTF-8": (lambda path: path.write_bytes(b"FROM \xff\xfe"), "is not UTF-8"),
    "10 MB": (lambda path: path.write_text("# x\n" * 2_500_000), "bytes"),
    "a link out": (lambda path: path.symlink_to("/etc/hostname"), "is a link that leads out"),
    "unreadable words": (lambda path: path.write_text("FROM\n\x1b[31m\n"), "Dockerfile"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_dockerfiles_fail_clearly(client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    make, words = BAD[name]
    make(tmp_path / "Dockerfile")
    report = check(EXERCISE.id, tmp_path, client=client)
    shown = render.text(report, width=300)
    assert report.status is Status.FAIL, shown
    assert words in report.checks[0].message, shown
    assert report.checks[0].hint
    assert "\x1b" not in json.dumps(report.to_json(), ensure_ascii=False)


# Interrupted ------------------------------------------------------------------------------------------


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


def test_watch_checks_again_after_a_change(home: Path) -> None:
    assert course("start", EXERCISE.id).returncode == 0
    words = [*COURSE, "check", EXERCISE.id, "--watch"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines: list[str] = []
        assert process.stdout is not None
        reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")))  # type: ignore[union-attr]
        reader.start()
        wait_for(lambda: "not yet" in "".join(lines))
        shutil.copy(EXERCISE.solution / "Dockerfile", home / "work" / EXERCISE.id)
        wait_for(lambda: "passed  3 of 3" in "".join(lines))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        reader.join()


# Faults of the engine ---------------------------------------------------------------------------------


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

"""A watch on a real engine: what is looked at again after which edit, saves during a check, and Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
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

from checkers import Report, Status, check
from checkers.abandoned import NAME
from checkers.attempt import PROCESS
from checkers.interrupts import Stop, Stopped
from checkers.reuse import Memory
from course.build.buildx import host_of
from course.engine.listing import list_images
from course.exercises import find

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]
WEB, SLIM = "03-first-dockerfile", "04-slim-layers"
COURSE = [sys.executable, "-c", "from course.cli import main; main()"]


def copy_of(exercise: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(find(exercise).solution, tmp_path / exercise))


def made(client: docker.DockerClient, process: int | None = None) -> list[str]:
    """What checks of that process, this one at first, have in the engine."""
    label = {"label": f"{PROCESS}={process or os.getpid()}"}
    found = [*client.api.containers(all=True, filters=label), *client.api.networks(filters=label)]
    return [str(one["Id"]) for one in found] + [
        tag for one in list_images(client.api, filters=label) for tag in one["RepoTags"] or ()
    ]


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "Dockerfile"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("exercise", "old", "new", "again"),
    [
        (WEB, "FROM", "# a comment\n\nFROM", set()),
        (WEB, "CMD", 'LABEL a="b"\nCMD', {"builds", "answers", "stays-up"}),
        (SLIM, "FROM", "# a comment\nFROM", set()),
        (SLIM, "CMD [", 'ENV A="b"\nCMD [', {"builds", "answers", "size"}),  # the layers are the same
    ],
)
def test_only_what_an_edit_touches_is_looked_at_again(
    client: docker.DockerClient, tmp_path: Path, exercise: str, old: str, new: str, again: set[str]
) -> None:
    folder = copy_of(exercise, tmp_path)
    if exercise == SLIM and old not in (folder / "Dockerfile").read_text():
        old, new = "ENTRYPOINT [", 'ENV A="b"\nENTRYPOINT ['
    with Memory() as memory:
        first = check(exercise, folder, client=client, memory=memory)
        assert (first.status, memory.reused) == (Status.PASS, frozenset())
        edit(folder, old, new)
        second = check(exercise, folder, client=client, memory=memory)
        assert second.status is Status.PASS
        assert {one.id for one in second.checks} - memory.reused == again
        (folder / "Dockerfile").write_text("FROM busybox:1.37\n")
        assert check(exercise, folder, client=client, memory=memory).status is Status.FAIL
    assert not made(client)


def test_nothing_is_reused_of_an_error(
    client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of(WEB, tmp_path)
    with Memory() as memory:
        with monkeypatch.context() as faulty:
            faulty.setattr("checkers.http.get", lambda *_: 1 / 0)
            assert check(WEB, folder, client=client, memory=memory).status is Status.ERROR
        assert check(WEB, folder, client=client, memory=memory).status is Status.PASS
        assert "answers" not in memory.reused
        check(WEB, folder, client=client, memory=memory)
        assert "answers" in memory.reused


SLOW = {
    "build": "FROM busybox:1.37\nRUN : {word}; sleep 60\n",
    "run": 'FROM busybox:1.37\nLABEL a={word}\nCMD ["sleep", "600"]\n',
}


@pytest.mark.parametrize("phase", SLOW)
def test_a_check_ends_soon_from_another_thread(
    client: docker.DockerClient, tmp_path: Path, phase: str
) -> None:
    (tmp_path / "Dockerfile").write_text(SLOW[phase].format(word=uuid.uuid4()))
    stop, ended = Stop(), list[float]()

    def end() -> None:
        until(lambda: len(made(client)) >= (4 if phase == "run" else 2))
        ended.append(time.monotonic())
        stop.now()

    thread = threading.Thread(target=end)
    thread.start()
    with pytest.raises(Stopped):
        check(WEB, tmp_path, client=client, stop=stop)
    thread.join()
    assert time.monotonic() - ended[0] < 15
    assert not made(client)


def until(true: Callable[[], Any], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.1)


class Screen:
    """`course check EX --watch`, and what it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.lines = process, list[str]()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def waits_for(self, words: str) -> None:
        until(lambda: words in "".join(self.lines))

    def forget(self) -> None:
        self.lines.clear()


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: docker.DockerClient) -> Path:
    host = host_of(client)
    assert host is not None
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path / "work" / WEB


@pytest.fixture
def screen(work: Path) -> Iterator[Screen]:
    work.mkdir(parents=True)
    shutil.copytree(find(WEB).starter, work, dirs_exist_ok=True)
    words = [*COURSE, "check", WEB, "--watch"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield Screen(process)
        process.kill()


def test_saves_verdicts_and_ctrl_c(client: docker.DockerClient, work: Path, screen: Screen) -> None:
    screen.waits_for("Waiting for a change")
    assert "not yet" in "".join(screen.lines)
    screen.forget()
    shutil.copy(find(WEB).solution / "Dockerfile", work / ".~Dockerfile")
    (work / ".~Dockerfile").replace(work / "Dockerfile")
    screen.waits_for("Waiting for a change")
    assert "✓ now passes: It stays up" in "".join(screen.lines)
    assert "Dockerfile changed; 0 checks reused, 3 looked at again." in "".join(screen.lines)
    screen.forget()
    edit(work, "FROM", "# more\nFROM")
    screen.waits_for("Dockerfile changed; 3 checks reused, 0 looked at again.")
    screen.waits_for("Waiting for a change")
    screen.forget()
    (work / "Dockerfile").write_text(SLOW["build"].format(word=uuid.uuid4()))  # ended by the next save
    until(lambda: list(work.parent.parent.glob(f"{NAME}*")))  # its copy
    time.sleep(1)  # into the build; any moment will do
    began = time.monotonic()
    (work / "Dockerfile").write_text("FROM busybox:1.37\n")
    screen.waits_for("✗ passed before: It answers")
    assert time.monotonic() - began < 40, "the first was waited for"
    screen.process.send_signal(signal.SIGINT)
    assert screen.process.wait(timeout=30) == 130
    assert not made(client, screen.process.pid)
    assert not list(work.parent.parent.glob(f"{NAME}*")), "a folder is left"


@pytest.mark.parametrize("delay", [0.3, 0.6, 0.9, 1.4, 2.0])
def test_ctrl_c_at_any_moment_leaves_nothing(
    client: docker.DockerClient, work: Path, screen: Screen, delay: float
) -> None:
    until(lambda: screen.process.poll() is not None or made(client, screen.process.pid) or screen.lines)
    time.sleep(delay)
    screen.process.send_signal(signal.SIGINT)
    assert screen.process.wait(timeout=30) == 130, "".join(screen.lines)
    assert "Traceback" not in "".join(screen.lines)
    assert not made(client, screen.process.pid)
    assert not list(work.parent.parent.glob(f"{NAME}*"))


def test_the_verdict_comes_before_the_cleaning(client: docker.DockerClient, tmp_path: Path) -> None:
    there: list[int] = []

    def tell(report: Report) -> None:
        there.append(len(made(client)))

    check(WEB, copy_of(WEB, tmp_path), client=client, on_verdict=tell)
    assert there[0] > 2
    assert not made(client)

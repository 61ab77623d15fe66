"""`course check` from the outside: verdicts, exit codes, JSON, and the learner's way from start to passed."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import docker
import pytest

from checkers import Status, check, render
from checkers.attempt import Attempt
from checkers.plans import plan_for
from checkers.runner import run
from tests.engine.checks import COURSE, EXERCISE, course, wait_for

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


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

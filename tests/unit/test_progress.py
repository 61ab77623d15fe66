from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from course.errors import InputError
from course.progress import Progress, State


def report(status: str = "fail", score: float = 0.5, exercise: str = "03-x") -> dict[str, Any]:
    return {"exercise": exercise, "status": status, "score": score, "seconds": 1.0, "checks": [{"id": "ä"}]}


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "deep" / "progress.sqlite")


def test_nothing_known(progress: Progress) -> None:
    assert progress.states() == {}
    assert progress.state("03-x") == State()
    assert progress.last_report("03-x") is None


def test_attempts_add_up(progress: Progress) -> None:
    for status, score in (("fail", 0.25), ("pass", 1.0), ("error", 0.0)):
        progress.record(report(status, score))
    progress.record(report("fail", 0.1, "04-y"))
    assert progress.state("03-x") == State(attempts=3, passed=True, last="error", best=1.0)
    assert progress.state("04-y") == State(attempts=1, passed=False, last="fail", best=0.1)
    assert progress.last_report("03-x") == report("error", 0.0)


def test_hints_go_up_to_the_last(progress: Progress) -> None:
    assert [progress.take_hint("03-x", 2) for _ in range(4)] == [1, 2, 2, 2]
    assert progress.state("03-x").hints == 2
    progress.record(report())
    assert progress.state("03-x").hints == 2
    progress.forget("03-x")
    assert progress.states() == {}


def test_each_ladder_of_hints_is_climbed_alone(progress: Progress) -> None:
    assert [progress.take_hint("03-x", 3, "web/M06") for _ in range(2)] == [1, 2]
    assert progress.take_hint("03-x", 2) == 1
    assert progress.take_hint("03-x", 3, "web/M06") == 3
    assert progress.state("03-x").hints == 4


def test_predictions(progress: Progress) -> None:
    progress.predict("02/size", "smaller", True)
    progress.predict("02/size", "larger", None)
    progress.predict("02/other", "x", False)
    found = progress.predictions("02/size")
    assert [(one.answer, one.correct) for one in found] == [("smaller", True), ("larger", None)]
    assert len(progress.predictions()) == 3


def test_many_at_once(progress: Progress) -> None:
    taken: list[int] = []

    def work() -> None:
        for _ in range(5):
            progress.record(report())
            taken.append(progress.take_hint("03-x", 100))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.state("03-x").attempts == 30
    assert sorted(taken) == list(range(1, 31))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "progress.sqlite"
    path.write_text("not a database, " * 100)
    with pytest.raises(InputError, match="cannot be used") as caught:
        Progress(path).states()
    assert str(path) in caught.value.hint


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        Progress(tmp_path / "file" / "progress.sqlite").record(report())


OLD = """
CREATE TABLE attempts (id INTEGER PRIMARY KEY, exercise TEXT NOT NULL, at REAL NOT NULL, status TEXT NOT NULL,
    score REAL NOT NULL, seconds REAL NOT NULL, report TEXT NOT NULL);
CREATE TABLE hints (exercise TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (exercise, number));
CREATE TABLE predictions (
    id INTEGER PRIMARY KEY, question TEXT NOT NULL, answer TEXT NOT NULL, correct INTEGER, at REAL NOT NULL);
INSERT INTO hints VALUES ('03-x', 1, 100.0), ('03-x', 2, 160.0);
INSERT INTO predictions VALUES (1, '02-size', 'smaller', 1, 5.0);
"""
"""A file as the course's first versions wrote it."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.executescript(OLD)
        db.execute(
            "INSERT INTO attempts VALUES (1, '03-x', 220.0, 'fail', 0.5, 20.0, ?)", (json.dumps(report()),)
        )
    return path


def test_an_old_file_keeps_what_it_holds(old: Path) -> None:
    progress = Progress(old)
    assert progress.state("03-x") == State(attempts=1, passed=False, last="fail", best=0.5, hints=2)
    assert progress.last_report("03-x") == report()
    assert [one.answer for one in progress.predictions()] == ["smaller"]
    assert progress.take_hint("03-x", 3) == 3, "the general ladder goes on where it was"
    assert progress.take_hint("03-x", 3, "web") == 1


PROGRAM = """\
import sys
from pathlib import Path
from course.progress import Progress
progress = Progress(Path(sys.argv[1]))
report = {"exercise": "03-x", "status": "fail", "score": 0.5, "seconds": 0.0, "checks": ["x" * 20000]}
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[2])):
    progress.record(report)
    print("kept", progress.take_hint("03-x", 10**6), flush=True)
"""


def program(path: Path, times: int) -> subprocess.Popen[str]:
    """Another process that keeps reports and takes hints, once it is told to begin."""
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), str(times)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def begin(one: subprocess.Popen[str]) -> None:
    assert one.stdin is not None
    one.stdin.write("\n")
    one.stdin.flush()


@pytest.mark.parametrize("fresh", [True, False])
def test_programs_that_open_a_file_together_upgrade_it_once_and_lose_nothing(
    old: Path, tmp_path: Path, fresh: bool
) -> None:
    path = tmp_path / "new.sqlite" if fresh else old
    programs = [program(path, 10) for _ in range(4)]
    for one in programs:
        begin(one)
    taken = [line for one in programs for line in one.communicate(timeout=60)[0].splitlines()]
    assert [one.returncode for one in programs] == [0] * 4
    before = 0 if fresh else 2
    assert sorted(int(line.split()[1]) for line in taken) == [*range(before + 1, before + 41)]
    assert Progress(path).state("03-x").attempts == 40 + (not fresh)


@pytest.mark.parametrize("after", range(3))
def test_what_was_kept_survives_a_kill_in_the_middle_of_writing(tmp_path: Path, after: int) -> None:
    path = tmp_path / "progress.sqlite"
    writer = program(path, 10**6)
    assert writer.stdout is not None
    begin(writer)
    lines = [writer.stdout.readline() for _ in range(5 + 20 * after)]
    os.kill(writer.pid, signal.SIGKILL)
    told = len(lines) + len(writer.communicate(timeout=30)[0].splitlines())
    assert writer.returncode == -signal.SIGKILL
    state = Progress(path).state("03-x")
    # The last one may have been kept and not told.
    assert told <= state.hints <= state.attempts <= told + 1
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    Progress(path).record(report("pass", 1.0))
    assert Progress(path).state("03-x").passed


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "progress.sqlite"
    Progress(path).record(report())
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="version is 99") as caught:
        Progress(path).states()
    assert caught.value.hint.startswith("Update the course")


def test_time_counts_from_sign_to_sign_up_to_the_first_pass(
    progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr("course.progress.time.time", lambda: now[0])

    def after(seconds: float) -> None:
        now[0] += seconds

    assert progress.seconds_spent() == {}
    progress.note("03-x", "start")
    after(60)
    progress.note("03-x", "save")
    after(5)
    progress.note("03-x", "save")  # so soon after the last one that it isn't kept
    after(115)
    progress.take_hint("03-x", 3)
    assert progress.seconds_spent() == {"03-x": 180}
    after(8 * 3600)  # a night: a quarter of an hour of it counts
    progress.record(report() | {"seconds": 10.0})
    assert progress.seconds_spent() == {"03-x": 180 + 900 + 10}
    after(50)
    progress.record(report("pass", 1.0) | {"seconds": 20.0})
    passed = {"03-x": 180 + 900 + 10 + 50}
    assert progress.seconds_spent() == passed
    after(100)
    progress.record(report("fail", 0.0))
    progress.note("03-x", "save")
    assert progress.seconds_spent() == passed, "what comes after the first pass is play"


def test_all_can_be_forgotten(progress: Progress) -> None:
    progress.record(report())
    progress.note("03-x", "start")
    progress.take_hint("03-x", 2)
    progress.predict("02-size", "x", True)
    progress.forget_all()
    assert (progress.states(), progress.predictions(), progress.seconds_spent()) == ({}, [], {})

from __future__ import annotations

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

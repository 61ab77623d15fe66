"""How far a learner is: what the record knows beside what the course has, in a terminal, JSON and a page."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from course import notebook
from course.amounts import duration
from course.chapters import chapters
from course.cli import cli
from course.errors import ManifestError, UnknownExercise
from course.exercises import load, start
from course.progress import Prediction, Progress
from course.standing import Predicted, predicted, standing
from course.widgets.standing import progress_table

ROOT = Path(__file__).parents[2]


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Progress:
    """A newcomer's record and folder of work."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    return Progress()


def report(exercise: str, status: str = "fail") -> dict[str, Any]:
    score = float(status == "pass")
    return {"exercise": exercise, "status": status, "score": score, "seconds": 90.0, "checks": []}


def course(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def test_the_questions_of_a_chapter_are_those_that_its_cells_ask() -> None:
    assert [one.id for one in chapters()] == [
        path.name[:2] for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    ]
    for one in chapters():
        asked = (ROOT / "notebooks" / one.notebook).read_text(encoding="utf-8").count("predict(\\")
        assert len(one.questions) == asked >= 3
        assert {key[:2] for key in one.questions} == {one.id}
    assert chapters()[0].title == "Start here"


def test_a_notebook_that_is_none_is_named(tmp_path: Path) -> None:
    assert chapters(tmp_path) == ()
    (tmp_path / "07_torn.ipynb").write_text('{"cells": [')
    with pytest.raises(ManifestError, match=re.escape("07_torn.ipynb cannot be read")):
        chapters(tmp_path)


def test_the_first_answer_that_was_judged_counts() -> None:
    def said(question: str, *judged: bool | None) -> list[Prediction]:
        return [Prediction(question, "x", one, 0.0) for one in judged]

    assert predicted(["a", "b"], []) == Predicted(2)
    assert predicted(["a"], said("a", None)) == Predicted(1, 1)
    assert predicted(["a"], said("a", None, None, True)) == Predicted(1, 1, 1, 1)
    assert predicted(["a"], said("a", None, False, None, True)) == Predicted(1, 1, 1, 0)
    assert predicted(["a"], said("a", None, True, False)) == Predicted(1, 1, 1, 1)
    assert predicted(["a", "b"], [*said("b", True), *said("elsewhere", True)]) == Predicted(2, 1, 1, 1)


def test_a_newcomer_has_begun_nothing_and_is_sent_to_the_first_exercise(record: Progress) -> None:
    now = standing(record)
    assert not now.begun
    assert now.next is not None
    assert now.next.exercise.id == load()[0].id
    assert {one.how for each in now.reached for one in each.tried} == {"new"}


def test_each_exercise_stands_where_the_learner_left_it(record: Progress) -> None:
    start("03-signals")
    record.record(report("01-run-right", "pass"))
    record.record(report("01-run-right", "fail"))
    record.record(report("03-healthcheck"))
    record.record(report("04-slim-layers", "error"))
    record.take_hint("05-cache-order", 3)
    now = standing(record)
    found = {one.exercise.id: one for each in now.reached for one in each.tried}
    hows = {name: one.how for name, one in found.items() if one.how != "new"}
    assert hows == {
        "01-run-right": "passed",  # once is enough
        "03-healthcheck": "failed",
        "03-signals": "started",
        "04-slim-layers": "started",  # it could not be checked, which is nobody's failure
    }
    assert found["03-healthcheck"].seconds == pytest.approx(90)
    assert found["05-cache-order"].known.hints == 1
    assert now.begun
    assert now.next is not None
    assert now.next.exercise.id == "03-healthcheck"
    assert next(one for one in now.reached if one.chapter.id == "01").passed == 1


def test_an_exercise_may_come_before_its_chapter(
    record: Progress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "exercises", tmp_path / "root" / "exercises")
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path / "root"))
    now = standing(record)
    assert {one.exercise.id for each in now.reached for one in each.tried} == {one.id for one in load()}
    assert {one.chapter.notebook for one in now.reached} == {""}
    assert json.loads(course("list", "--json").stdout)["chapters"] == []


def test_progress_as_json_has_every_number(record: Progress) -> None:
    first = chapters()[0].questions[0]
    record.predict(first, "x")
    record.predict(first, "x", True)
    record.record(report("01-run-right"))
    record.take_hint("01-run-right", 3)
    done = course("progress", "--json")
    found = json.loads(done.stdout)
    zero, one = found["chapters"][:2]
    asked = len(chapters()[0].questions)
    assert zero["predictions"] == {"asked": asked, "answered": 1, "judged": 1, "right": 1}
    assert one["exercises"][0] == {
        "id": "01-run-right",
        "state": "failed",
        "attempts": 1,
        "best": 0.0,
        "last": "fail",
        "hints": 1,
        "seconds": pytest.approx(90, abs=2),
    }
    assert one["seconds"] == one["exercises"][0]["seconds"]
    assert found["next"] == "01-run-right"
    assert Path(found["record"]).is_file()


def test_progress_in_a_terminal(record: Progress) -> None:
    asked = len(chapters()[1].questions)
    for key, right in zip(chapters()[1].questions, (True, False), strict=False):
        record.predict(key, "x", right)
    record.record(report("01-run-right"))
    done = course("progress")
    assert done.exit_code == 0
    shown = re.sub(r" +", " ", done.stdout)
    assert f"01 Containers 0 of 1 passed 2 of {asked}, 1 right 2 min" in shown
    assert "✗ 01-run-right failed 1 2 min" in shown
    assert "Go on with: course check 01-run-right" in done.stdout


def test_a_record_can_be_deleted_in_part_and_whole(record: Progress) -> None:
    for name in ("01-run-right", "03-signals"):
        record.record(report(name))
    assert course("progress", "--forget", "01-run-right").exit_code == 0
    assert set(record.states()) == {"03-signals"}
    assert isinstance(course("progress", "--forget", "01-run-rihgt").exception, UnknownExercise)
    assert course("progress", "01-run-right").exit_code == 2
    assert course("progress", "--forget", "--yes").exit_code == 0
    assert record.states() == {}


def test_starting_is_a_sign_of_work(record: Progress) -> None:
    assert course("start", "01-run-right").exit_code == 0
    assert record.seconds_spent() == {"01-run-right": 0.0}


def test_starting_works_without_a_record(tmp_path: Path, record: Progress) -> None:
    folder = tmp_path / "home" / "data"
    folder.mkdir(parents=True)
    (folder / "progress.sqlite").write_text("no database, " * 100)
    assert course("start", "01-run-right").exit_code == 0
    assert (tmp_path / "work" / "01-run-right" / "run.sh").is_file()


def test_the_lesson_shows_a_sentence_that_is_the_same_for_every_newcomer(record: Progress) -> None:
    shown = notebook.progress()
    assert shown.text.startswith("Nothing is recorded yet.")
    assert shown.html == f"<p>{shown.text}</p>"
    # What the saved lesson holds doesn't change with the list of chapters and exercises.
    assert not re.search(r"\d\d", shown.text)


def test_the_lesson_shows_a_table_that_can_be_read_aloud(record: Progress) -> None:
    start("03-signals")
    for key, right in zip(chapters()[0].questions, (True, False, None), strict=False):
        record.predict(key, "x", right)
    record.record(report("01-run-right", "pass"))
    record.take_hint("01-run-right", 3)
    now = standing(record)
    shown = progress_table(now)
    assert "<caption" in shown.html
    assert shown.html.count('scope="col"') == 4
    assert shown.html.count('scope="row"') == len(now.reached) >= len(chapters())
    asked = len(chapters()[0].questions)
    for words in (
        "00 Start here",
        f"3 of {asked}, 1 right",
        "✓ 01-run-right: passed, 1 try, 1 hint",
        "… 03-signals: started",
        "not begun: 03-first-dockerfile",
        "Go on with 03-signals.",
    ):
        assert words in shown.html
        assert words in shown.text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, ""),
        (5, "under a minute"),
        (31, "1 min"),
        (720, "12 min"),
        (3600, "1 h 00 min"),
        (3900, "1 h 05 min"),
    ],
)
def test_times_are_told_to_the_minute(seconds: float, words: str) -> None:
    assert duration(seconds) == words

"""The editor's questions and the panel's buttons, without a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from course import exercises, snapshots
from course.exercises import Exercise, find
from course.widgets import editor
from course.widgets.exercise import ExercisePanel, difference_page

EXERCISE = "02-from-scratch"
HOSTILE = "</pre><img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    return tmp_path / "work"


def panel() -> ExercisePanel:
    def never(_: str | Exercise) -> str:
        raise AssertionError("nobody checked or asked for a hint")

    return ExercisePanel(find(EXERCISE), check=never, hint=never)


def sent(made: ExercisePanel, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    monkeypatch.setattr(made, "send", answers.append)
    return answers


def test_questions_are_answered_with_their_id(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = panel()
    assert made.files == []
    made.do("start")
    assert [file["name"] for file in made.files] == ["Dockerfile", "compile.py"]
    answers = sent(made, monkeypatch)
    made.hear({"do": "read", "name": "Dockerfile", "id": "a-1"})
    made.hear({"do": "save", "name": "Dockerfile", "text": "x\n", "version": answers[0]["version"], "id": 2})
    made.hear({"do": "create", "name": "src/new.py", "id": 3})
    assert [answer["answer"] for answer in answers] == ["a-1", 2, 3]
    assert (work / EXERCISE / "Dockerfile").read_text() == "x\n"
    assert made.files[0]["version"] == answers[1]["version"]
    assert [file["name"] for file in made.files] == ["Dockerfile", "compile.py", "src/new.py"]


def test_a_change_by_another_program_is_told_and_nothing_overwritten(work: Path) -> None:
    exercises.start(EXERCISE)
    folder = work / EXERCISE
    version = editor.answer(folder, {"do": "read", "name": "Dockerfile"})
    assert version is not None
    (folder / "Dockerfile").write_text("theirs\n")
    question = {"do": "save", "name": "Dockerfile", "text": "mine\n", "version": version["version"], "id": 7}
    answer = editor.answer(folder, question)
    assert answer is not None
    assert (answer["changed"], answer["answer"]) == (True, 7)
    assert "changed by another program" in answer["problem"]
    assert (folder / "Dockerfile").read_text() == "theirs\n"


@pytest.mark.parametrize(
    "question",
    [
        {"do": "read", "name": "../task.md"},
        {"do": "read"},
        {"do": "read", "name": {"a": 1}},
        {"do": "save", "name": "Dockerfile", "text": ["x"], "version": None},
        {"do": "create", "name": "Dockerfile"},
        {"do": "delete", "name": "nothing"},
    ],
)
def test_odd_questions_get_a_problem_and_a_hint(work: Path, question: dict[str, Any]) -> None:
    exercises.start(EXERCISE)
    before = (work / EXERCISE / "Dockerfile").read_bytes()
    answer = editor.answer(work / EXERCISE, question)
    assert answer is not None
    assert answer["problem"]
    assert (work / EXERCISE / "Dockerfile").read_bytes() == before


def test_before_the_start_a_question_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    made = panel()
    answers = sent(made, monkeypatch)
    made.hear({"do": "read", "name": "Dockerfile", "id": 1})
    made.do("difference")
    assert answers[0]["problem"]
    assert "course start" in made.output


def test_the_difference_is_to_the_start_until_a_version_passed(work: Path) -> None:
    made = panel()
    made.do("start")
    made.do("difference")
    assert "Nothing changed since the start: no version has passed yet" in made.output
    snapshots.keep(EXERCISE, work / EXERCISE)
    (work / EXERCISE / "Dockerfile").write_text(HOSTILE)
    made.do("difference")
    assert "since your last passing version" in made.output
    assert "<ins>+&lt;/pre&gt;&lt;img" in made.output
    assert "<img" not in made.output


def test_a_line_that_looks_like_a_head_is_still_escaped() -> None:
    assert "<b>" not in difference_page("then", "--- <b>\n+++ <b>\n+x\n")


def test_a_verdict_stays_while_a_hint_about_it_is_read() -> None:
    made = ExercisePanel(find(EXERCISE), check=lambda _: "<p>not yet</p>", hint=lambda _: "<p>look at it</p>")
    made.do("start")
    made.do("check")
    assert (made.output, made.verdict) == ("", "<p>not yet</p>")
    made.do("hint")
    assert (made.output, made.verdict) == ("<p>look at it</p>", "<p>not yet</p>")
    made.do("difference")
    assert ("Nothing changed" in made.output, made.verdict) == (True, "<p>not yet</p>")
    made.do("reset")
    assert ("A fresh copy" in made.output, made.verdict) == (True, "")

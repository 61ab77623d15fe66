from __future__ import annotations

import dataclasses
from pathlib import Path

from checkers.selfcheck import of_files
from course.exercises import find, load


def test_the_course_is_in_order() -> None:
    assert [finding for exercise in load() for finding in of_files(exercise)] == []


def test_each_problem_is_found(tmp_path: Path) -> None:
    (tmp_path / "task.md").write_text("# A task that names no command\n")
    broken = dataclasses.replace(find("01-run-right"), id="01-nobody", hints=("one",), folder=tmp_path)
    assert [finding.problem for finding in of_files(broken)] == [
        "No plan in checkers.plans.chapter_01 says how 01-nobody is checked."
    ]
    known = dataclasses.replace(find("01-run-right"), hints=("one",), folder=tmp_path)
    assert [finding.problem for finding in of_files(known)] == [
        "one hint is no ladder",
        "its task doesn't end with: course check 01-run-right",
    ]

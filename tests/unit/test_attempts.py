"""What is kept of a checked attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from course import attempts, exercises, snapshots
from course.progress import Progress

EXERCISE = "03-first-dockerfile"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    exercises.start(EXERCISE)


def report(status: str) -> dict[str, Any]:
    return {"exercise": EXERCISE, "status": status, "score": 1.0, "seconds": 2.0, "checks": []}


@pytest.mark.parametrize(("status", "kept"), [("pass", True), ("fail", False), ("error", False)])
def test_each_report_is_kept_and_of_a_pass_the_files(status: str, kept: bool) -> None:
    assert attempts.keep(report(status)) is None
    last = Progress().last_report(EXERCISE)
    assert last is not None
    assert last["status"] == status
    assert snapshots.has_passed(EXERCISE) is kept


def test_a_pass_counts_although_its_files_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "work" / ".passing").write_text("a file where the copies' folder should be")
    why = attempts.keep(report("pass"))
    assert why is not None
    assert why.hint
    last = Progress().last_report(EXERCISE)
    assert last is not None
    assert last["status"] == "pass"

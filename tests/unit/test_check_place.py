"""Where in the learner's files a check points, and what stands there."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from checkers.attempt import Attempt
from checkers.result import CheckResult
from checkers.rules.base import Outcome, Rule, wrong
from checkers.runner import apply
from course.errors import BuildError


@pytest.fixture
def attempt(tmp_path: Path) -> Attempt:
    """Just a folder; that's all that is looked at."""
    (tmp_path / "Dockerfile").write_bytes(b"\xef\xbb\xbfFROM a\r\n  RUN \x1b[2Jb \xff\nCMD c")
    (tmp_path / "compose.yaml").write_text("services:\n  db: {}\n")
    return cast("Attempt", type("Folder", (), {"place": tmp_path})())


def place(found: CheckResult) -> tuple[str, int | None, str]:
    return found.file, found.line, found.code


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (wrong("w", "h"), ("", None, "")),
        (wrong("w", "h", line=1), ("Dockerfile", 1, "FROM a")),
        (wrong("w", "h", line=2), ("Dockerfile", 2, "RUN b \ufffd")),
        (wrong("w", "h", line=3), ("Dockerfile", 3, "CMD c")),
        (wrong("w", "h", line=9), ("Dockerfile", 9, "")),
        (wrong("w", "h", line=2, file="compose.yaml"), ("compose.yaml", 2, "db: {}")),
        (wrong("w", "h", line=2, file="gone"), ("gone", 2, "")),
    ],
)
def test_a_line_is_quoted(attempt: Attempt, outcome: Outcome, expected: tuple[str, int | None, str]) -> None:
    assert place(apply(Rule("a", "A", lambda _: outcome), attempt)) == expected


def test_a_long_line_is_cut(attempt: Attempt) -> None:
    (attempt.place / "Dockerfile").write_text("RUN " + "x" * 100_000)
    assert len(apply(Rule("a", "A", lambda _: wrong("w", "h", line=1)), attempt).code) <= 230


def test_a_failed_build_points_at_its_line(attempt: Attempt) -> None:
    def fails(_: Attempt) -> Outcome:
        raise BuildError("no", line=3)

    assert place(apply(Rule("a", "A", fails), attempt)) == ("Dockerfile", 3, "CMD c")


def test_what_was_wanted_is_kept(attempt: Attempt) -> None:
    found = apply(Rule("a", "A", lambda _: wrong("w", "h", expected="2.4 m")), attempt)
    assert found.to_json()["expected"] == "2.4 m"

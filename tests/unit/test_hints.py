"""Which hint comes next: by what the last attempt is missing, a step at a time."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from course.cli import cli
from course.exercises import Exercise, find
from course.hints import next_hint
from course.progress import Progress

GENERAL = ("g1", "g2", "g3")
LADDERS = {"builds": ("b1", "b2"), "answers": ("a1", "a2", "a3"), "answers/M02": ("l1", "l2")}


@pytest.fixture
def exercise() -> Exercise:
    return dataclasses.replace(find("03-healthcheck"), hints=GENERAL, hints_for=LADDERS)


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "progress.sqlite")


def report(*checks: tuple[str, str, str | None]) -> dict[str, Any]:
    """With the checks (id, status, misconception), and the status that they make."""
    found = {status for _, status, _ in checks}
    overall = next((one for one in ("error", "fail") if one in found), "pass")
    return {
        "status": overall,
        "checks": [
            {"id": name, "title": f"Title of {name}", "status": status, "misconception": code}
            for name, status, code in checks
        ],
    }


BUILT = ("builds", "pass", None)
CASES: dict[str, tuple[dict[str, Any] | None, str, str]] = {
    "no attempt": (None, "g1", ""),
    "the first check": (report(("builds", "fail", None), ("answers", "skip", None)), "b1", "Title of builds"),
    "the second": (report(BUILT, ("answers", "fail", None)), "a1", "Title of answers"),
    "with its misconception": (report(BUILT, ("answers", "fail", "M02")), "l1", "Title of answers"),
    "with another one": (report(BUILT, ("answers", "fail", "M01")), "a1", "Title of answers"),
    "the first of two": (
        report(("builds", "fail", None), ("answers", "fail", "M02")),
        "b1",
        "Title of builds",
    ),
    "one without a ladder": (report(BUILT, ("stays", "fail", None), ("answers", "fail", "M02")), "g1", ""),
    "trouble before it": (
        report(("stays", "error", None), ("answers", "fail", None)),
        "a1",
        "Title of answers",
    ),
    "trouble alone": (report(BUILT, ("answers", "error", None)), "g1", ""),
    "an old report without titles": (
        {"status": "fail", "checks": [{"id": "builds", "status": "fail"}]},
        "b1",
        "",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_ladder_is_that_of_what_is_missing(exercise: Exercise, progress: Progress, case: str) -> None:
    found, text, about = CASES[case]
    hint = next_hint(exercise, found, progress)
    assert (hint.text, hint.number, hint.about) == (text, 1, about)


def test_an_attempt_that_passes_needs_none(exercise: Exercise, progress: Progress) -> None:
    for last in (False, True):
        hint = next_hint(exercise, report(BUILT, ("elsewhere", "skip", None)), progress, last=last)
        assert (hint.number, hint.of, hint.earlier) == (0, 0, ())
        assert "passes" in hint.text
    assert progress.state(exercise.id).hints == 0, "and none is counted"


def test_each_ladder_goes_on_where_one_left_it(exercise: Exercise, progress: Progress) -> None:
    failed = report(BUILT, ("answers", "fail", None))
    taken = [
        next_hint(exercise, one, progress).text
        for one in (failed, None, failed, None, failed, failed, failed)
    ]
    assert taken == ["a1", "g1", "a2", "g2", "a3", "a3", "a3"]
    again = next_hint(exercise, failed, Progress(progress._path))
    assert (again.number, again.of, again.earlier) == (3, 3, ("a1", "a2"))


def test_a_whole_ladder_at_once(exercise: Exercise, progress: Progress) -> None:
    hint = next_hint(exercise, report(BUILT, ("answers", "fail", None)), progress, last=True)
    assert (hint.text, hint.number, hint.of, hint.earlier) == ("a3", 3, 3, ("a1", "a2"))
    assert progress.state(exercise.id).hints == 3


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Progress:
    """A record of its own, in which 03-healthcheck failed at "healthy"."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    progress = Progress()
    failed = report(BUILT, ("declared", "pass", None), ("answers", "pass", None), ("healthy", "fail", None))
    progress.record(failed | {"exercise": "03-healthcheck", "score": 0.5, "seconds": 1.0})
    return progress


def run(*words: str) -> str:
    result = CliRunner().invoke(cli, ["hint", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_gives_one_more_each_time(recorded: Progress) -> None:
    ladder = find("03-healthcheck").hints_for["healthy"]
    first = json.loads(run("03-healthcheck", "--json"))
    assert first == {
        "exercise": "03-healthcheck",
        "passed": False,
        "about": "Title of healthy",
        "ladder": "healthy",
        "number": 1,
        "of": 3,
        "hints": [ladder[0]],
    }
    text = " ".join(run("03-healthcheck").split())
    assert "your last check: ✗ Title of healthy 1 of 3" in text
    assert ladder[1][:40] in text
    assert ladder[2][:40] not in text
    assert json.loads(run("03-healthcheck", "--json", "--all"))["hints"] == list(ladder)


def test_the_command_before_any_attempt_and_after_a_pass(recorded: Progress) -> None:
    assert json.loads(run("01-run-right", "--json"))["hints"] == list(find("01-run-right").hints[:1])
    recorded.record(report(BUILT) | {"exercise": "01-run-right", "score": 1.0, "seconds": 1.0})
    assert json.loads(run("01-run-right", "--json"))["passed"] is True
    assert "passes" in run("01-run-right")


def test_a_hint_is_text_and_no_markup(recorded: Progress, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = dataclasses.replace(
        find("03-healthcheck"), hints_for={"healthy": ('CMD ["a"] [bold]b[/] `c`', "d")}
    )
    monkeypatch.setattr("course.cli.commands.hint.find", lambda _: odd)
    assert 'CMD ["a"] [bold]b[/] `c`' in run("03-healthcheck")

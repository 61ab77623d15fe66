"""The names that lessons import: light to load, plain about errors; they ask and reveal as they should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError, DockerException
from requests import ConnectionError, Response

from course import notebook
from course.errors import InputError, NoEngine, StepFailed
from course.notebook._shell import show_error
from course.progress import Progress
from course.widgets.exercise import error_card
from course.widgets.html import Html, facts, removed

HEAVY = ("matplotlib", "ipywidgets", "anywidget", "IPython", "course.engine.gateway", "checkers", "rich")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    return tmp_path


def test_importing_the_names_loads_nothing_heavy() -> None:
    program = f"import sys, course.notebook; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_names_are_there_and_documented() -> None:
    assert sorted(notebook.__all__) == notebook.__all__
    assert [name for name in notebook.__all__ if not getattr(notebook, name).__doc__] == []


def test_a_prediction_is_recorded_and_then_judged(home: Path) -> None:
    asked = notebook.predict("99-x", "Why?", ["because", "why not"])
    assert asked.static_text() == "Predict 99-x: Why?\n  a) because\n  b) why not"
    asked.chosen = 0
    assert asked.note == "Recorded. Run the next cell."
    shown = notebook.reveal("99-x", "b")
    assert (shown.chosen, shown.answer) == (0, 1)
    kept = [(p.answer, p.correct) for p in Progress().predictions("99-x")]
    assert kept == [("because", None), ("because", False)]


def test_an_unanswered_prediction_stops_nothing_and_records_nothing(home: Path) -> None:
    notebook.predict("99-y", "Why?", ["because", "why not"])
    assert notebook.reveal("99-y", "a").chosen == -1
    assert Progress().predictions("99-y") == []


def test_what_a_page_shows_does_not_depend_on_what_was_predicted(home: Path) -> None:
    def shown(choice: int) -> tuple[Any, ...]:
        asked = notebook.predict("99-z", "<Why>?", ["a & b", "c"])
        if choice >= 0:
            asked.chosen = choice
        told = notebook.reveal("99-z", "a")
        return asked.static_text(), asked.static_html(), told.static_text(), told.static_html()

    assert shown(-1) == shown(0) == shown(1)
    assert "a &amp; b" in shown(0)[1]
    assert "&lt;Why&gt;" in shown(0)[1]


def test_a_question_that_was_not_asked_is_said() -> None:
    with pytest.raises(InputError, match="not asked yet"):
        notebook.reveal("never", "a")


def test_without_connect_the_next_step_is_named() -> None:
    with pytest.raises(InputError) as raised:
        notebook.clean_up()
    assert "connect()" in raised.value.hint


def test_names_never_meet() -> None:
    made = {notebook.name("web") for _ in range(200)}
    assert len(made) == 200
    assert all(name.startswith("web-") for name in made)


class Shell:
    """What the kernel would send."""

    def __init__(self) -> None:
        self.sent: tuple[Any, ...] = ()

    def _showtraceback(self, *sent: Any) -> None:
        self.sent = sent


def refused(status: int, reason: str, words: str) -> APIError:
    response = Response()
    response.status_code, response.reason = status, reason
    response.url = "http+docker://localhost/v1.51/containers/abc/json"
    return APIError("message", response=response, explanation=words)


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (
            NoEngine("No engine answers.", hint="Run: course up"),
            ["No engine answers.", "next: Run: course up"],
        ),
        (StepFailed("Line 2 failed.", detail="a\nb"), ["Line 2 failed.", "  | a", "  | b"]),
        (
            refused(404, "Not Found", "No such container: abc"),
            ["404 Not Found", "  | No such container: abc"],
        ),
        (DockerException("nothing there"), ["nothing there"]),
        (ConnectionError("gone"), ["gone", "next: Run: course doctor"]),
    ],
)
def test_an_error_is_shown_as_words(error: Exception, lines: list[str]) -> None:
    shell = Shell()
    shown = show_error(shell, type(error), error, None)
    assert shown == [f"{type(error).__name__}: {lines[0]}", *lines[1:]]
    assert "v1.51" not in "".join(shown)
    assert shell.sent[0] is type(error)
    assert shell.sent[2] == shown


def test_cards_escape_what_they_show() -> None:
    for card in (error_card(NoEngine("<b>", hint="<i>", detail="<u>")), facts("<b>", {"<i>": "<u>"})):
        assert isinstance(card, Html)
        for mark in ("<b>", "<i>", "<u>"):
            assert mark not in card.html
            assert mark in card.text


@pytest.mark.parametrize(
    ("kinds", "words"),
    [([], "Nothing was left to remove."), (["container", "image"], "Removed: containers, images.")],
)
def test_what_was_removed_is_said(kinds: list[str], words: str) -> None:
    assert removed(kinds) == words

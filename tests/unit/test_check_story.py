"""A failed check tells the story of the learner's own rebuild: in text, HTML and JSON, and as a figure."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from checkers import render
from checkers.attempt import Attempt
from checkers.result import CheckResult, Report, Status
from checkers.rules import Outcome, Rule, passed, wrong
from checkers.runner import apply
from course.notebook._checking import _Figures
from course.trace import Build, ContextFile, Given, Vertex

DOCKERFILE = "FROM base\nCOPY . .\nRUN install\n"


def build(start: float, content: str, *, cached: bool) -> Build:
    """A build of three steps, of which the first alone was reused."""
    steps = [
        Vertex("a", "[1/3] FROM base", (), ((start, start),), cached=True, line=1),
        Vertex("b", "[2/3] COPY . .", ("a",), ((start, start + 1),), cached=cached, line=2),
        Vertex("c", "[3/3] RUN install", ("b",), ((start + 1, start + 3),), cached=cached, line=3),
    ]
    context = {"src/<app>.js": ContextFile(content, 0o644)}
    return Build("", tuple(steps), (), 3.0, Given(DOCKERFILE, context=context))


BUILDS = (build(100, "one", cached=False), build(200, "two", cached=False))


def result(outcome: Outcome) -> CheckResult:
    attempt = cast("Attempt", type("Nowhere", (), {"place": Path("/nowhere")})())
    return apply(Rule("kept", "Nothing is installed again", lambda _: outcome), attempt)


@pytest.fixture
def failed() -> CheckResult:
    return result(wrong("It was installed again.", "Look.", line=2, builds=BUILDS))


def test_the_result_has_the_builds_and_says_what_set_it_off(failed: CheckResult) -> None:
    assert failed.builds == BUILDS
    assert "began at line 2: src/<app>.js changed" in failed.story


def test_every_face_shows_the_story(failed: CheckResult) -> None:
    report = Report("05-x", (failed,))
    assert "src/<app>.js changed" in render.text(report)
    assert "src/&lt;app&gt;.js changed" in render.html(report)
    assert report.to_json()["checks"][0]["story"] == failed.story


@pytest.mark.parametrize(
    "outcome",
    [
        wrong("w", "h"),
        wrong("w", "h", builds=BUILDS[:1]),
        wrong("w", "h", builds=(Build("i", ()), Build("i", ()))),  # the classic builder tells of no steps
        passed("p"),
    ],
)
def test_without_two_builds_there_is_no_story(outcome: Outcome) -> None:
    assert result(outcome).story == ""


def test_control_characters_of_a_learner_are_not_in_it() -> None:
    loud = build(300, "three", cached=False)
    evil = Vertex("d", "[4/4] RUN echo \x1b[2J", ("c",), ((303, 304),), line=4)
    story = result(wrong("w", "h", builds=(BUILDS[0], Build("", (*loud.vertices, evil))))).story
    assert "RUN echo" in story
    assert "\x1b" not in story


def test_the_notebook_draws_the_first_failure(failed: CheckResult) -> None:
    figures = _Figures()
    page = render.html(Report("05-x", (failed, failed)), figures)
    images = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"', page)
    assert len(images) == 1
    assert base64.b64decode(images[0][0]).startswith(b"\x89PNG")
    assert "line 2: src/&lt;app&gt;.js changed" in images[0][1]


NOTHING: dict[str, Callable[[], tuple[Build, ...]]] = {
    "no builds": lambda: (),
    "no steps": lambda: (Build("i", ()), Build("i", ())),
    "nothing has run": lambda: (Build("i", (Vertex("a", "[1/1] FROM base"),)),),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_to_draw_is_no_figure(name: str) -> None:
    check: Any = CheckResult("a", "A", Status.FAIL, builds=NOTHING[name]())
    assert _Figures()(check) == ""


def test_one_build_is_drawn_alone() -> None:
    assert "<img " in _Figures()(CheckResult("a", "A", Status.FAIL, builds=BUILDS[:1]))

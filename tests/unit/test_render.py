"""One report in a terminal, in a notebook and as JSON: all is said, once in full, and a learner's words are
taken as words."""

from __future__ import annotations

import dataclasses
import html.parser
import json
import re
from collections.abc import Callable

import pytest
from rich.console import Console

from checkers import render
from checkers.result import CheckResult, Report, Status
from course import misconceptions
from course.misconceptions import find

EVIL = '<script>alert(1)</script> [bold]x[/] " onload="x \u202e & {{ }}'
FIRST = CheckResult(
    "a",
    "It works",
    Status.FAIL,
    "The fact.",
    "The hint.",
    "M06",
    4,
    "last words",
    story="the rebuild",
    expected="2.4 m",
    file="Dockerfile",
    code="RUN rm -r /data",
)


def report(**more: object) -> Report:
    checks = (
        CheckResult("b", "Builds", Status.PASS, "It builds."),
        CheckResult(**{**FIRST.__dict__, **more}),
        CheckResult("d", "Second", Status.FAIL, "Another fact.", "Another hint.", "M14", 7, "other words"),
        CheckResult("c", "Later", Status.SKIP, "Not looked at."),
        CheckResult("e", "Engine", Status.ERROR, "It broke.", "Run: course doctor", evidence="deep words"),
    )
    return Report("03-x", checks, {}, 1.5)


class Tags(html.parser.HTMLParser):
    """Collects the elements and attributes, and that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[dict[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "a":
            self.links.append(dict(attrs))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    return tags


def words(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


FACES: dict[str, Callable[[Report], str]] = {
    "text": lambda report: render.text(report, width=300),
    "html": lambda report: words(render.html(report)),
}


@pytest.mark.parametrize("face", FACES)
def test_the_first_that_fails_is_told_in_full(face: str) -> None:
    page = FACES[face](report())
    known = find("M06")
    for said in (
        "2.4 m",
        "The fact.",
        "Dockerfile, line 4",
        "RUN rm -r /data",
        "last words",
        "the rebuild",
        f"“{known.belief}”",
        known.truth,
        known.heading,
        "The hint.",
        "1 of 5 checks, 20 %",
        "1.5 s",
    ):
        assert said in page, said
    assert page.index("It works") < page.index("Second") < page.index("2.4 m"), "first the list"


@pytest.mark.parametrize("face", FACES)
def test_the_others_are_short(face: str) -> None:
    page = FACES[face](report())
    for said in ("Builds", "Second", "line 7", "Another fact.", "Later", "Not looked at.", "It broke."):
        assert said in page, said
    assert "Run: course doctor" in page, "trouble that isn't the learner's has a way out"
    for unsaid in ("It builds.", "Another hint.", "other words", "deep words", find("M14").belief):
        assert unsaid not in page, unsaid


def test_trouble_that_comes_first_is_told_in_full() -> None:
    checks = (
        CheckResult("e", "Engine", Status.ERROR, "It broke.", "Run: course doctor", evidence="deep words"),
        FIRST,
    )
    page = render.text(Report("03-x", checks))
    assert "! expected  Engine" in page
    assert "│ deep words" in page
    assert "last words" not in page


def test_a_pass_is_a_line_a_check() -> None:
    checks = (CheckResult("a", "A", Status.PASS, "Fine."), CheckResult("b", "B", Status.SKIP, "No emulator."))
    assert render.text(Report("03-x", checks, {}, 2.0)).splitlines() == [
        "✓ A",
        "· B  No emulator.",
        "",
        "✓ 03-x: passed  1 of 2 checks, the rest can't be told here, 100 %, 2.0 s",
    ]


@pytest.mark.parametrize(
    ("passed", "failed", "said"),
    [(3, 2, "3 of 5 checks, 60 %"), (2, 1, "2 of 3 checks, 67 %"), (0, 1, "0 of 1 checks, 0 %")],
)
def test_partial_credit_is_shown(passed: int, failed: int, said: str) -> None:
    checks = [CheckResult(f"p{n}", "P", Status.PASS) for n in range(passed)]
    checks += [CheckResult(f"f{n}", "F", Status.FAIL) for n in range(failed)]
    for face in FACES.values():
        assert said in face(Report("03-x", tuple(checks)))


def test_only_a_pass_is_a_hundred() -> None:
    checks = [CheckResult(f"p{n}", "P", Status.PASS) for n in range(300)]
    checks.append(CheckResult("f", "F", Status.FAIL))
    assert "300 of 301 checks, 99 %" in render.text(Report("03-x", tuple(checks)))


@pytest.mark.parametrize("width", [40, 80, 300])
def test_text_fits_and_is_plain(width: int) -> None:
    text = render.text(report(evidence="long " * 80, message="word " * 40), width=width)
    assert "\x1b" not in text
    assert all(line == line.rstrip() and len(line) <= width for line in text.splitlines())


def test_the_terminal_gets_colours_and_dim_for_what_was_skipped() -> None:
    console = Console(color_system="standard", force_terminal=True, width=80, highlight=False)
    with console.capture() as capture:
        console.print(render.rich(report()))
    lines = capture.get().splitlines()
    assert "\x1b[2mLater" in next(line for line in lines if "Later" in line)
    assert "\x1b[32m✓" in next(line for line in lines if "Builds" in line)


def test_text_takes_words_as_they_are() -> None:
    assert EVIL.replace("\u202e", "") in render.text(report(message=EVIL), width=200).replace("\u202e", "")


@pytest.mark.parametrize(
    "field", ["title", "message", "hint", "evidence", "expected", "code", "file", "story"]
)
def test_html_escapes_what_a_learner_wrote(field: str) -> None:
    page = render.html(report(**{field: EVIL}))
    tags = parsed(page)
    assert tags.seen <= {
        "a", "div", "p", "strong", "span", "ul", "li", "br", "em", "code", "details", "summary", "pre",
    }  # fmt: skip
    assert tags.attributes <= {
        "class", "style", "open", "href", "target", "rel",
        "data-commandlinker-command", "data-commandlinker-args",
    }  # fmt: skip
    assert "&lt;script&gt;" in page


def test_the_link_leads_to_the_heading_of_the_lesson() -> None:
    (link,) = parsed(render.html(report())).links
    assert link["href"] == "04_layers.ipynb#Deleted,-and-still-there"
    assert link["target"] == "_blank", "where nobody takes care of it, it doesn't replace the page"
    command = json.loads(link["data-commandlinker-args"] or "")
    assert command == {"path": "notebooks/04_layers.ipynb", "id": "#Deleted,-and-still-there"}
    assert "notebooks/04_layers.ipynb, section “Deleted, and still there”" in render.text(report())


@pytest.mark.parametrize("code", ["M03", None])
def test_without_a_lesson_there_is_no_link(code: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(misconceptions.ALL, "M03", dataclasses.replace(find("M03"), taught=""))
    assert parsed(render.html(report(misconception=code))).links == []
    assert "see it" not in render.text(report(misconception=code))


def test_a_figure_stands_beneath_the_check_that_is_told_in_full() -> None:
    asked: list[str] = []

    def figure(check: CheckResult) -> str:
        asked.append(check.id)
        return "<img>"

    assert "<img>" in render.html(report(), figure)
    assert asked == ["a"]


def test_no_verdict_by_colour_alone() -> None:
    page = render.html(report())
    assert "✗ <strong>not yet</strong>" in page
    assert "✓ <strong>passed</strong>" in page


def test_json_and_bundle() -> None:
    assert json.loads(render.as_json(report()))["status"] == "error"
    assert set(render.mimebundle(report())) == {"text/html", "text/plain"}

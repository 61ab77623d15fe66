from __future__ import annotations

import html.parser
import json

from checkers import render
from checkers.result import CheckResult, Report, Status

EVIL = '<script>alert(1)</script> [bold]x[/] " onload="x \u202e & {{ }}'


def report(**more: object) -> Report:
    check = CheckResult("a", "It works", Status.FAIL, "The fact.", "The hint.", "M02", 4, "last words")
    checks = (
        CheckResult("b", "Builds", Status.PASS),
        CheckResult(**{**check.__dict__, **more}),  # type: ignore[arg-type]
        CheckResult("c", "Later", Status.SKIP, "Not looked at."),
    )
    return Report("03-x", checks, {}, 1.5)


class Tags(html.parser.HTMLParser):
    """Collects the elements and attributes, and that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_text_says_all() -> None:
    text = render.text(report())
    for words in ("✓ Builds", "✗ It works  line 4", "The fact.", "next: The hint.", "│ last words", "1 of 3"):
        assert words in text
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_text_takes_words_as_they_are() -> None:
    assert EVIL.replace("\u202e", "") in render.text(report(message=EVIL), width=200).replace("\u202e", "")


def test_html_escapes_what_a_learner_wrote() -> None:
    for field in ("title", "message", "hint", "evidence"):
        page = render.html(report(**{field: EVIL}))
        tags = Tags()
        tags.feed(page)
        assert tags.open == []
        assert tags.seen <= {
            "div",
            "p",
            "strong",
            "span",
            "ul",
            "li",
            "br",
            "em",
            "details",
            "summary",
            "pre",
        }
        assert tags.attributes <= {"class", "style", "open"}
        assert "&lt;script&gt;" in page


def test_no_verdict_by_colour_alone() -> None:
    page = render.html(report())
    assert "✗ <strong>not yet</strong>" in page
    assert "✓ <strong>passed</strong>" in page


def test_json_and_bundle() -> None:
    assert json.loads(render.as_json(report()))["status"] == "fail"
    assert set(render.mimebundle(report())) == {"text/html", "text/plain"}

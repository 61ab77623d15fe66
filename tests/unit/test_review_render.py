"""A review as text, as a page and as JSON: whole, and only words where a project says something."""

from __future__ import annotations

import itertools
import json
from html.parser import HTMLParser

import pytest

from checkers.review import Advice, Review, Severity, render
from checkers.review.advice import Row

EVIL = "<script>alert(1)</script>[bold]x[/bold]\"'&"


def review(words: str = "words", *, done: bool = True) -> Review:
    advice = [
        Advice("a", words, severity, words, words, words, 4, words, words, misconception="M06")
        for severity in Severity
    ]
    return Review(
        words,
        (*advice, Advice("b", "Plain", Severity.HINT, "m", "https://docs.docker.com/go/dockerfile/rule/x/")),
        done,
        dockerfile=words,
        engine={"version": words, "store": words},
        image_bytes=2_000_000,
        base_bytes=1_500_000,
        hidden_bytes=1_000,
        rows=(Row(words, 4, 500_000, 1_000), Row("COPY a", None, 0, 0)),
        edited=words,
        story=f"a story of {words}",
        unseen=(words,),
        limits=words,
    )


class Page(HTMLParser):
    """The tags and the words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_page_is_whole_and_needs_nothing_else() -> None:
    page = Page(render.page(review()))
    assert page.open == []
    names = [tag for tag, _ in page.tags]
    assert names.count("h1") == 1
    assert not {"script", "img", "link", "iframe", "form"}.intersection(names)
    headings = [int(tag[1]) for tag in names if tag in {"h1", "h2", "h3"}]
    assert all(later - one <= 1 for one, later in itertools.pairwise(headings))
    assert dict(page.tags)["html"]["lang"] == "en"
    policy = [attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert [attrs["href"] for tag, attrs in page.tags if tag == "a"] == [
        "https://docs.docker.com/go/dockerfile/rule/x/"
    ]


def test_what_a_project_says_is_only_words() -> None:
    page, harmless = Page(render.page(review(EVIL))), Page(render.page(review()))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in harmless.tags]
    assert EVIL in page.words
    assert EVIL in render.text(review(EVIL), width=300)
    assert json.loads(json.dumps(review(EVIL).to_json()))["advice"][0]["message"] == EVIL


@pytest.mark.parametrize("done", [True, False])
def test_text_says_how_much_there_is(done: bool) -> None:
    text = render.text(review(done=done), width=200)
    last = text.splitlines()[-1]
    assert last.startswith("words: 1 serious, 1 advice, 1 note, 2 hints of linters")
    assert ("not looked at to the end" in last) is not done
    assert "notebooks/04_layers.ipynb, section “Deleted, and still there”" in text
    assert "Not looked at. words" in text
    assert "2.0 MB: 1.5 MB of its base, 500 kB in 2 layers" in text


def test_a_story_is_told_once() -> None:
    advice = (Advice("a", "t", Severity.NOTE, "m", "n", "the story"),)
    found = Review("x", advice, edited="app.py", story="the story")
    assert render.text(found).count("the story") == 1
    assert render.page(found).count("the story") == 1


def test_json_counts() -> None:
    found = review().to_json()
    assert found["counts"] == {"serious": 1, "advice": 1, "note": 1, "hint": 2}
    assert found["image"]["layers"][0]["hidden_bytes"] == 1_000
    assert Review("x", ()).to_json()["image"] is None
    assert render.text(Review("x", ())).startswith("x: no advice")

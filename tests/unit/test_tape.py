"""The tape, and how it is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from course.amounts import size
from course.engine.gateway import Call, Tape
from course.engine.gateway.call import OpenCall
from course.tape_view import TapeView, show

CALL = Call(
    method="POST",
    path="/containers/" + "a" * 64 + "/start",
    query="",
    status=204,
    ms=12.345,
    bytes_in=0,
    bytes_out=1234,
    cli="docker start " + "a" * 64,
    started=0.0,
    upgraded=False,
    note="",
)


def test_calls_are_in_the_order_in_which_they_began() -> None:
    tape = Tape()
    first, second = tape.begin(OpenCall("GET", "/a", "")), tape.begin(OpenCall("GET", "/b", ""))
    tape.finish(second)
    tape.finish(first)
    tape.finish(first)
    assert [call.path for call in tape] == ["/a", "/b"]
    assert len(tape) == 2


def test_since_a_mark_shows_also_what_is_still_open() -> None:
    tape = Tape()
    tape.finish(tape.begin(OpenCall("GET", "/before", "")))
    mark = tape.mark()
    tape.finish(tape.begin(OpenCall("GET", "/done", "")))
    tape.begin(OpenCall("GET", "/events", "", notes=["x"]))
    assert [(call.path, call.note) for call in tape.since(mark)] == [
        ("/done", ""),
        ("/events", "x; still open"),
    ]
    assert [call.path for call in tape] == ["/before", "/done"]
    tape.clear()
    assert len(tape) == 0
    assert [call.path for call in tape.since(0)] == ["/events"]


def test_a_tape_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course.engine.gateway.call._KEPT", 3)
    tape = Tape()
    for number in range(10):
        tape.finish(tape.begin(OpenCall("GET", f"/{number}", "")))
    assert [call.path for call in tape] == ["/7", "/8", "/9"]


def test_the_text_has_one_line_a_call() -> None:
    lines = str(show([CALL, replace(CALL, status=404, note="gone")])).splitlines()
    assert len(lines) == 4
    assert "/containers/aaaaaaaaaaaa/start" in lines[1]
    assert "docker start aaaaaaaaaaaa" in lines[1]
    assert "a" * 13 not in lines[1]
    assert "404 !" in lines[2]
    assert lines[2].endswith("# gone")
    assert lines[3] == "2 Engine API calls, 0 B to the engine, 2.5 kB back"


def test_a_hostile_path_steers_neither_terminal_nor_page() -> None:
    nasty = replace(
        CALL, path="/\x1b[2J\n<script>alert(1)</script>", query="a=%1b%0a", note="<b>", cli="<i>\r"
    )
    text = str(TapeView([nasty]))
    assert len(text.splitlines()) == 3
    assert "\x1b" not in text
    html = TapeView([nasty]).html()
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html


def test_the_html_is_whole_and_loads_nothing() -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.seen: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.open.append(tag)
            self.seen.append(tag)
            assert not {name for name, _ in attrs} & {"src", "href", "onclick"}

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Tags()
    parser.feed(TapeView([CALL, replace(CALL, note="x")]).html())
    assert parser.open == []
    assert parser.seen.count("tr") == 3
    assert parser.seen.count("caption") == 1


def test_a_notebook_gets_both_forms() -> None:
    bundle = TapeView([CALL])._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}


def test_the_json_has_the_agreed_fields() -> None:
    (value,) = json.loads(json.dumps(TapeView([CALL]).as_json()))
    assert {"method", "path", "status", "ms", "bytes_in", "bytes_out", "cli"} <= value.keys()
    assert value["path"] == CALL.path  # whole, not cut
    assert value["ms"] == 12.345


def test_an_empty_tape_can_be_shown() -> None:
    assert str(TapeView([])).endswith("0 Engine API calls, 0 B to the engine, 0 B back")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (837, "837 B"),
        (1000, "1.0 kB"),
        (99_400, "99.4 kB"),
        (306_000_000, "306 MB"),
        (999_600, "1.0 MB"),
        (5_000_000_000_000, "5000 GB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text

"""What the rules on ignored files make of layers and contexts. What builds really do is in the bank."""

from __future__ import annotations

from pathlib import Path

import pytest
import xxhash

from checkers.attempt import Attempt
from checkers.projects import weather
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.rules.ignored import judge_context, judge_layers, naming
from course.layers import Entry, Image, Layer

JUNK = weather.junk("0a1b2c3d")
SECRET = JUNK[".env"]


def file(path: str, content: bytes) -> Entry:
    return Entry(path, "file", len(content), digest=xxhash.xxh3_128_hexdigest(content))


def image(*layers: Layer) -> Image:
    return Image("x", layers)


def test_an_image_with_nothing_of_it() -> None:
    mine = Layer(0, entries=(file("srv/.env", b"another's"), file("srv/app.py", b"code")))
    assert judge_layers(image(mine), JUNK, None).right


@pytest.mark.parametrize("path", ["srv/.env", "etc/innocent"])
def test_a_secret_is_known_by_its_content(path: str) -> None:
    found = judge_layers(
        image(Layer(0, instruction="COPY . .", line=4, entries=(file(path, SECRET),))), JUNK, ""
    )
    assert (found.right, found.misconception, found.line) == (False, None, 4)
    assert ".env" in found.message
    assert f"/{path}" in found.evidence


def test_a_deleted_secret_is_still_there() -> None:
    copied = Layer(0, instruction="COPY . .", line=4, entries=(file("srv/.env", SECRET),))
    deleted = Layer(1, whiteouts=("srv/.env",))
    found = judge_layers(image(copied, deleted), JUNK, None)
    assert (found.right, found.misconception, found.line) == (False, "M06", 4)


def test_one_deleted_another_seen() -> None:
    copied = Layer(0, entries=(file("srv/.env", SECRET), file("srv/deploy.pem", JUNK["deploy.pem"])))
    found = judge_layers(image(copied, Layer(1, whiteouts=("srv/.env",))), JUNK, None)
    assert (found.right, found.misconception) == (False, None)
    assert "deploy.pem" in found.message


@pytest.mark.parametrize(
    ("ignore", "words"),
    [
        (None, "There is no .dockerignore"),
        (".env*  # passwords\n", "Here it is part of a name: .env*  # passwords"),
        ("# a comment\n*.pem\n", "*.pem doesn't fit app/dev.pem"),
        ("# pem\n__pycache__/\n**/*.pem\n", "__pycache__/ doesn't fit app/__pycache__"),
        ("*\n!app\n", "bring it back"),
        ("data\n", "Each line is a path"),
    ],
)
def test_hints(ignore: str | None, words: str) -> None:
    found = judge_context(weather.files("0a1b2c3d"), JUNK, ignore)
    assert (found.right, words in found.hint) == (False, True), found.hint


def test_a_clean_context() -> None:
    assert judge_context(weather.NEEDED, JUNK, "*\n!app\n").right


def test_the_needed_files_are_there_and_are_no_junk() -> None:
    assert set(weather.NEEDED) <= set(weather.files("0a1b2c3d"))
    assert not set(weather.NEEDED) & set(JUNK)
    assert len(set(JUNK.values())) == len(JUNK)
    assert weather.junk("another") != JUNK


@pytest.mark.parametrize(
    ("ignore", "outcome", "named"),
    [
        ("data\n", wrong("silent", "look"), "data/stations.json"),
        ("*\n", wrong("silent", "look"), "app/__main__.py"),
        (".git\n", wrong("silent", "look"), ""),
        ("data\n", passed("well"), ""),
    ],
)
def test_names_what_the_app_needs(tmp_path: Path, ignore: str, outcome: Outcome, named: str) -> None:
    for path in weather.NEEDED:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".dockerignore").write_text(ignore)
    attempt = Attempt.__new__(Attempt)  # the rule asks for nothing but the folder
    attempt._folder, attempt._notes = tmp_path, None
    found = naming(Rule("r", "t", lambda attempt: outcome), weather.NEEDED).check(attempt)
    assert found.right == outcome.right
    assert (named in found.hint) if named else (found == outcome)

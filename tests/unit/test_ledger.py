"""The ledger, and whose an image is."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.engine.labels import MADE, TAG, made_image
from course.engine.ledger import Entry, How, Ledger
from course.engine.ownership import ImageFacts, familiar, our_image
from course.errors import InputError


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with contextlib.closing(Ledger(tmp_path / "deep" / "ledger.sqlite")) as kept:
        yield kept


def test_what_is_noted_is_found_in_its_engine_alone(ledger: Ledger) -> None:
    ledger.note("one", "image", "a:1", "sha256:1", "built")
    ledger.note("one", "image", "a:1", "sha256:2", "built")
    ledger.note("one", "volume", "v", "", "created")
    ledger.note("two", "image", "b:1", "sha256:1", "pulled")
    assert [(entry.name, entry.id) for entry in ledger.entries("one", "image")] == [
        ("a:1", "sha256:1"),
        ("a:1", "sha256:2"),
    ]
    assert len(ledger.entries("one")) == 3
    assert ledger.entries("three") == []


def test_noted_again_is_noted_once(ledger: Ledger) -> None:
    ledger.note("one", "image", "a:1", "sha256:1", "pulled")
    ledger.note("one", "image", "a:1", "sha256:1", "built")
    assert [entry.how for entry in ledger.entries("one")] == ["built"]


def test_forgetting(ledger: Ledger) -> None:
    for name, id in (("a:1", "1"), ("a:1", "2"), ("b:1", "2")):
        ledger.note("one", "image", name, id, "built")
    ledger.forget("one", "image", name="a:1", id="1")
    assert [(entry.name, entry.id) for entry in ledger.entries("one")] == [("a:1", "2"), ("b:1", "2")]
    ledger.forget("one", "image", id="2")
    assert ledger.entries("one") == []
    with pytest.raises(ValueError, match="forget what"):
        ledger.forget("one", "image")


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    code = (
        "import sys; from pathlib import Path; from course.engine.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for i in range(100): ledger.note('e', 'volume', f'{sys.argv[2]}-{i}', '', 'created')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), str(number)]) for number in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    with contextlib.closing(Ledger(path)) as ledger:
        assert len(ledger.entries("e")) == 300


def test_a_file_that_is_no_ledger_is_an_error_with_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"something else, long enough to be read as a header" * 40)
    with pytest.raises(InputError, match="cannot be used") as caught:
        Ledger(path).entries("one")
    assert caught.value.hint
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError):
        Ledger(tmp_path / "file" / "ledger.sqlite").entries("one")


def test_it_can_be_used_after_close(ledger: Ledger) -> None:
    ledger.note("one", "volume", "v", "", "created")
    ledger.close()
    assert len(ledger.entries("one")) == 1
    assert isinstance(sqlite3.sqlite_version, str)


ID = "sha256:1"


def image(*tags: str, **labels: str) -> ImageFacts:
    return ImageFacts(ID, tags, labels)


def entry(name: str, id: str = ID, how: How = "built") -> Entry:
    return Entry("engine", "image", name, id, how, 0.0)


def labelled(tag: str, *tags: str) -> ImageFacts:
    return ImageFacts(ID, tags, made_image(tag))


OURS: list[tuple[str, ImageFacts, list[Entry], tuple[str, ...], tuple[str, ...]]] = [
    ("labelled, and it has the tag", labelled("a:1", "a:1"), [], ("a:1",), ()),
    ("only our tag of two", labelled("a:1", "a:1", "theirs:1"), [], ("a:1",), ()),
    ("in the ledger", image("a:1"), [entry("a:1")], ("a:1",), ()),
    ("tagged by us", image("theirs:1", "b:1"), [entry("b:1", how="tagged")], ("b:1",), ()),
    ("no tag, in the ledger", image(), [entry("")], ("",), ()),
    ("no tag any more", image(), [entry("a:1")], ("",), ()),
    ("pulled", image("base:1"), [entry("base:1", how="pulled")], (), ("base:1",)),
    ("pulled, no tag any more", image(), [entry("base:1", how="pulled")], (), ("",)),
    ("a stand-in", image("base:1"), [entry("base:1", how="stand-in")], (), ("base:1",)),
    (
        "pulled, then tagged",
        image("base:1", "b:1"),
        [entry("base:1", how="pulled"), entry("b:1", how="tagged")],
        ("b:1",),
        ("base:1",),
    ),
    ("built, saved and loaded", labelled("a:1", "a:1"), [entry("a:1", how="loaded")], ("a:1",), ()),
]


@pytest.mark.parametrize(
    ("image", "entries", "made", "brought"), [case[1:] for case in OURS], ids=[case[0] for case in OURS]
)
def test_ours(
    image: ImageFacts, entries: list[Entry], made: tuple[str, ...], brought: tuple[str, ...]
) -> None:
    found = our_image(image, entries)
    assert found is not None
    assert (found.made, found.brought) == (made, brought)
    assert found.names(everything=False) == made
    assert found.names(everything=True) == made + brought


THEIRS: list[tuple[str, ImageFacts, list[Entry]]] = [
    ("no label", image("a:1"), []),
    ("built on ours: the label is inherited, the tag is another", labelled("a:1", "theirs:1"), []),
    ("built on ours, without a tag", ImageFacts(ID, (), made_image("a:1")), []),
    ("of our container, committed", ImageFacts(ID, ("x:1",), {MADE: "container", TAG: "x:1"}), []),
    ("the tag was moved to another image", image("a:1"), [entry("a:1", id="sha256:other")]),
    ("our tag was taken away, theirs is left", image("theirs:1"), [entry("a:1")]),
]


@pytest.mark.parametrize(("image", "entries"), [case[1:] for case in THEIRS], ids=[c[0] for c in THEIRS])
def test_not_ours(image: ImageFacts, entries: list[Entry]) -> None:
    assert our_image(image, entries) is None


@pytest.mark.parametrize(
    ("reference", "listed"),
    [
        ("web", "web:latest"),
        ("docker.io/library/web:1", "web:1"),
        ("docker.io/me/web", "me/web:latest"),
        ("localhost:5000/web", "localhost:5000/web:latest"),
        ("web@sha256:ab", "web@sha256:ab"),
    ],
)
def test_references_as_the_engine_lists_them(reference: str, listed: str) -> None:
    assert familiar(reference) == listed

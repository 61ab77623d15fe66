"""Slides: the cells' metadata, and the decks made of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course.paths import repository
from slides.deck import deck, write_decks
from slides.structure import TYPES, mark, proposed, slide_type

NOTEBOOKS = sorted((repository() / "notebooks").glob("[0-9]*.ipynb"))


def cell(source: str, kind: str = "code", **more: Any) -> dict[str, Any]:
    outputs = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": "one", "metadata": {}, "source": source, **outputs, **more}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_cell_says_where_it_stands_on_a_slide(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    silent = [one["id"] for one in cells if slide_type(one) not in TYPES]
    assert silent == [], "run: python -m slides --mark"
    assert slide_type(cells[0]) == "slide"
    assert slide_type(cells[-1]) == "skip"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (cell("# Title", "markdown"), "slide"),
        (cell("So much for that.\n\n## Next", "markdown"), "slide"),
        (cell("### Detail", "markdown"), "subslide"),
        (cell("Words.", "markdown"), "subslide"),
        (cell("1 + 1"), "-"),
        (cell("draw()", outputs=[{"output_type": "display_data", "data": {"image/png": ""}}]), "subslide"),
        (cell('reveal("it", "a")'), "fragment"),
        (cell("clean_up()"), "skip"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["source"][:12],
)
def test_what_suits_a_cell(one: dict[str, Any], expected: str) -> None:
    assert proposed(one) == expected


def test_marking_fills_gaps_and_changes_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "00_x.ipynb"
    chosen = cell("# T", "markdown", metadata={"slideshow": {"slide_type": "skip"}, "covers": ["T01"]})
    book = {"cells": [chosen, cell("x")], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(book), encoding="utf-8")
    assert mark(path) == 1
    first, second = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert first == chosen
    assert slide_type(second) == "-"
    before = path.read_bytes()
    assert mark(path) == 0
    assert path.read_bytes() == before


def test_a_deck_has_notes_alt_texts_and_nothing_from_elsewhere() -> None:
    book = nbformat.v4.new_notebook()
    picture = {"image/png": "iVBORw0KGgo=", "text/plain": '[figure] two "bars" & a line'}
    shown = nbformat.v4.new_output("display_data", picture)
    failed = nbformat.v4.new_output(
        "error", ename="E", evalue="no", traceback=["\x1b[31mlong\x1b[0m", "E: <no>"]
    )
    book.cells = [
        nbformat.v4.new_markdown_cell(
            "# One", metadata={"slideshow": {"slide_type": "slide"}, "notes": "Ask them."}
        ),
        nbformat.v4.new_code_cell("draw()", outputs=[shown, failed]),
    ]
    text = deck(book)
    assert re.search(r'<aside class="notes">\s.*Ask them\.', text, re.DOTALL)
    assert re.search(r"""alt='two "bars" &amp; a line'|alt="two &quot;bars&quot; &amp; a line\"""", text)
    assert "E: &lt;no&gt;" in text
    assert "\x1b" not in text
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', text)
    assert {one for one in loaded if "//" in one} == set()


def test_decks_come_with_what_shows_them(tmp_path: Path) -> None:
    (written,) = write_decks(NOTEBOOKS[:1], tmp_path)
    assert written.name == f"{NOTEBOOKS[0].stem}.html"
    for file in ("dist/reveal.js", "dist/theme/white.css", "plugin/notes/notes.js", "LICENSE"):
        assert (tmp_path / "reveal.js" / file).is_file()
    assert f'href="{written.name}"' in (tmp_path / "index.html").read_text(encoding="utf-8")

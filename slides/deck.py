"""Decks of the chapters, made by nbconvert: notebook in, one page out, reveal.js in a folder beside it."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import nbformat
import sphinx_revealjs
from jinja2 import DictLoader
from nbconvert import SlidesExporter
from nbformat import NotebookNode

_HERE = Path(__file__).parent
REVEAL = "reveal.js"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def write_decks(notebooks: Iterable[Path], out: Path) -> list[Path]:
    """Writes out/NN_name.html for each notebook, out/index.html and out/reveal.js. Returns the decks."""
    out.mkdir(parents=True, exist_ok=True)
    _bring_reveal(out / REVEAL)
    decks, titles = [], []
    for path in notebooks:
        book = nbformat.read(path, as_version=4)
        titles.append(_title(book))
        decks.append(out / f"{path.stem}.html")
        decks[-1].write_text(deck(book), encoding="utf-8")
    links = "\n".join(
        f'<li><a href="{one.name}">{html.escape(title)}</a></li>'
        for one, title in zip(decks, titles, strict=True)
    )
    page = (_HERE / "index.html").read_text(encoding="utf-8").replace("@decks@", links)
    (out / "index.html").write_text(page, encoding="utf-8")
    return decks


def deck(book: NotebookNode) -> str:
    """The page of one notebook. The presenter's notes of a cell (its metadata, `notes`) follow it unseen."""
    book.metadata["title"] = _title(book)
    book.cells = [shown for cell in book.cells for shown in _with_notes(_prepared(cell))]
    template = (_HERE / "template" / "deck.html.j2").read_text(encoding="utf-8")
    exporter = SlidesExporter(
        extra_loaders=[DictLoader({"deck.html.j2": template})],
        template_file="deck.html.j2",
        reveal_url_prefix=REVEAL,
        reveal_theme="white",  # its letters come with it; others ask a server of Google for theirs
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    return str(exporter.from_notebook_node(book)[0])


def _prepared(cell: NotebookNode) -> NotebookNode:
    """The cell with pictures that have their alt text, and errors without colours for a terminal."""
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        if "image/png" in data:
            alt = html.escape(data.get("text/plain", "").removeprefix("[figure] ").strip())
            data["text/html"] = f'<img src="data:image/png;base64,{data.pop("image/png")}" alt="{alt}">'
        if output.output_type == "error":
            output.traceback = [_ANSI.sub("", output.traceback[-1])]
    return cell


def _with_notes(cell: NotebookNode) -> list[NotebookNode]:
    if not (notes := str(cell.metadata.get("notes", ""))):
        return [cell]
    aside = nbformat.v4.new_markdown_cell(notes, metadata={"slideshow": {"slide_type": "notes"}})
    return [cell, aside]


def _title(book: NotebookNode) -> str:
    return str(book.cells[0].source).splitlines()[0].removeprefix("# ")


def _bring_reveal(target: Path) -> None:
    """Copies reveal.js out of sphinx-revealjs, the package that has it, under the MIT licence."""
    source = Path(sphinx_revealjs.__file__).parent / "_static" / "revealjs"
    shutil.rmtree(target, ignore_errors=True)
    for part in ("dist", "plugin/notes"):
        shutil.copytree(source / part, target / part)
    shutil.copy(source / "LICENSE", target)

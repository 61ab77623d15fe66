"""Runs lessons on the engine and saves them with their outputs, as they are committed.

    python tests/notebooks/refresh.py                 all
    python tests/notebooks/refresh.py 01_containers   one
    python tests/notebooks/refresh.py --time          how long the cells take, and nothing else

The seconds are meant to be those of an idle machine of two cores: `course demo --list` tells them.
What depends on this machine or on a live page is taken out: widget models, timing marks, versions.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbval.plugin import coalesce_streams

from course.demo.timing import live_seconds
from course.engine.embedded import cli_environment
from course.notebook import _recorded

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"


def run(path: Path, *, time_only: bool = False) -> None:
    """Execute one lesson and write it back. An error in a cell that isn't tagged for it ends the run."""
    book = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as home:
        client = NotebookClient(book, timeout=300, kernel_name="python3", store_widget_state=False)
        client.execute(cwd=str(path.parent), env=_environment(home))
    book.metadata["live_seconds"] = live_seconds(book)
    if time_only:
        book, timed = nbformat.read(path, as_version=4), book
        book.metadata["live_seconds"] = timed.metadata["live_seconds"]
        nbformat.write(book, path)
        return
    strip(book)
    nbformat.write(book, path)
    if _recorded.cells_to_record(book):
        _recorded.write(path.stem, book)


def strip(book: Any) -> None:
    """Leave what a reader without a kernel can use, and nothing that names this machine."""
    book.metadata = {
        key: book.metadata[key]
        for key in ("covers", "kernelspec", "language_info", "live_seconds")
        if key in book.metadata
    }
    book.metadata["language_info"] = {"name": "python"}
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = coalesce_streams(cell.outputs)  # one stream, not a piece for every flush
        for output in cell.get("outputs", []):
            # A page without the kernel would say "model not found" in place of the static form beside it.
            output.get("data", {}).pop(WIDGET, None)


def _environment(home: str) -> dict[str, str]:
    # Nobody's predictions and working copies: what is committed is what a newcomer sees.
    # The engine is looked for before the home changes: the course's own is found by its home.
    return {**os.environ, **cli_environment(), "COURSE_HOME": f"{home}/home", "COURSE_WORK": f"{home}/work"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("lesson", nargs="*", help="the lesson's name without .ipynb")
    parser.add_argument("--time", action="store_true", help="leave the outputs as they are")
    asked = parser.parse_args()
    for path in [NOTEBOOKS / f"{name}.ipynb" for name in asked.lesson] or sorted(NOTEBOOKS.glob("*.ipynb")):
        print(f"{path.stem} …", file=sys.stderr)
        run(path, time_only=asked.time)


if __name__ == "__main__":
    main()

"""Which cell begins a slide: `slideshow.slide_type` in its metadata, set by hand in JupyterLab or by `mark`.

slide      a topic: a cell with the chapter's title or a heading of the second level
subslide   another step of it, below: prose, or a cell whose picture needs the room
fragment   goes on the slide that is there, at the next key: what a prediction came to
-          goes on the slide that is there
skip       not for the stage
notes      for the presenter alone
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TYPES = ("slide", "subslide", "fragment", "-", "skip", "notes")
Cell = Mapping[str, Any]
_TOPIC = re.compile(r"^##? ", re.MULTILINE)


def slide_type(cell: Cell) -> str:
    """What the cell says, or ""."""
    return str(cell["metadata"].get("slideshow", {}).get("slide_type", ""))


def proposed(cell: Cell) -> str:
    """What suits the cell, by its look."""
    source = text_of(cell["source"])
    if cell["cell_type"] == "markdown":
        return "slide" if _TOPIC.search(source) else "subslide"
    if source.strip() == "clean_up()":
        return "skip"
    if any("image/png" in one.get("data", {}) for one in cell["outputs"]):
        return "subslide"
    # The room answers first: what a prediction comes to is shown at the next key.
    return "fragment" if "reveal(" in source else "-"


def mark(path: Path) -> int:
    """Gives the notebook's cells that say nothing what suits them. Returns how many they were."""
    book = json.loads(path.read_text(encoding="utf-8"))
    silent = [cell for cell in book["cells"] if not slide_type(cell)]
    for cell in silent:
        cell["metadata"].setdefault("slideshow", {})["slide_type"] = proposed(cell)
        cell["metadata"] = dict(sorted(cell["metadata"].items()))
    if silent:
        path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(silent)


def text_of(source: str | Sequence[str]) -> str:
    """A cell's source or an output's text, which a notebook keeps as lines."""
    return source if isinstance(source, str) else "".join(source)

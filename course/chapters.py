"""The chapters: the notebooks in order, their titles, and the questions that they ask."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.errors import ManifestError
from course.paths import repository

_ASKED = re.compile(r"""\bpredict\(\s*["'](\d{2}-[\w-]+)["']""")


@dataclass(frozen=True)
class Chapter:
    """One notebook. `questions` are the keys of its predictions, in order."""

    id: str  # two digits
    title: str
    notebook: str  # the file's name
    questions: tuple[str, ...] = ()


def chapters(folder: Path | None = None) -> tuple[Chapter, ...]:
    """The chapters in `folder`, else in notebooks/, in order; none where there is no such folder.

    Raises ManifestError if one cannot be read.
    """
    folder = folder or repository() / "notebooks"
    return tuple(_chapter(path) for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")))


def _chapter(path: Path) -> Chapter:
    try:
        cells = json.loads(path.read_text(encoding="utf-8")).get("cells", [])
    except (OSError, ValueError, AttributeError) as error:
        raise ManifestError(
            f"{path.name} cannot be read: {error}.", hint="A notebook is JSON; git can restore this one."
        ) from error
    code = "\n".join(_source(cell) for cell in cells if cell.get("cell_type") == "code")
    questions = dict.fromkeys(_ASKED.findall(code))
    return Chapter(path.name[:2], _heading(cells) or path.stem, path.name, tuple(questions))


def _heading(cells: list[dict[str, Any]]) -> str:
    for cell in cells:
        for line in _source(cell).splitlines():
            if cell.get("cell_type") == "markdown" and line.startswith("# "):
                return line.removeprefix("# ").strip()
    return ""


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell.get("source", ""))

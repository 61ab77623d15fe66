"""A lesson with the outputs that it has on an engine which can't do what it needs: the record, marked."""

from __future__ import annotations

import copy
from html import escape
from typing import Any

from nbformat.v4 import new_output

from course.notebook import _recorded


def as_recorded(book: Any, why: str) -> Any:
    """The lesson as it must come out there: `why` is told once, and each recorded result has its mark.

    What the last cell removes isn't compared: the lesson has made less.
    """
    record = {cell["source"]: cell["outputs"] for cell in _recorded.cells_to_record(book)}
    made = copy.deepcopy(book)
    for cell in made.cells:
        if cell.cell_type != "code":
            continue
        source = cell.source.strip()
        if _recorded.BEGINS.search(source):
            said = f"{_recorded.NOTE} {why}"
            cell.outputs = [_shown(f'<p role="note"><strong>{escape(said)}</strong></p>', said)]
        elif record.get(source):
            mark = _shown(f"<p><em>{_recorded.MARK}</em></p>", _recorded.MARK)
            cell.outputs = [mark, *(_plain(output) for output in cell.outputs)]
        elif _recorded.ENDS.match(source):
            cell.metadata.setdefault("tags", []).append("nbval-ignore-output")
    return made


def _shown(html: str, text: str) -> Any:
    return new_output("display_data", {"text/html": html, "text/plain": text})


def _plain(output: Any) -> Any:
    """An error is told and not raised: its cell isn't run."""
    if output.output_type != "error":
        return output
    return new_output("stream", name="stdout", text="\n".join(output.traceback) + "\n")

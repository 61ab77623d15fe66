"""How long a chapter's cells take on an engine: the part of its time that no learner can shorten."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def run_times(book: Any) -> list[tuple[float, float]]:
    """When the code cells of a notebook that nbclient has just run began and ended: seconds since the epoch.

    Cells without both marks are left out. The marks are those of the messages "busy" and "idle"
    (jupyter-client.readthedocs.io, Messaging in Jupyter: kernel status).
    """
    found = []
    for cell in book.cells:
        marks = cell.metadata.get("execution", {})
        began, ended = marks.get("iopub.status.busy"), marks.get("iopub.status.idle")
        if began and ended:
            found.append((_seconds(began), _seconds(ended)))
    return found


def live_seconds(book: Any) -> int:
    """How long all its cells took together, in whole seconds, at least 1."""
    return max(1, round(sum(ended - began for began, ended in run_times(book))))


def _seconds(mark: str) -> float:
    return datetime.fromisoformat(mark).timestamp()

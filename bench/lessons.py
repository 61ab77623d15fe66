"""How much longer a chapter's cells take than the engine's own work that they ask for.

The engine's work is the time in which at least one Engine API call of the chapter was under way, as its
gateway saw it; streams that only listen don't count. What is left is the chapter's: imports, figures,
waiting for an application, commands that start up.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from bench._measure import chosen, progress
from course.chapters import chapters
from course.demo.steps import path_of
from course.demo.timing import run_times
from course.engine.embedded import cli_environment

TARGETS = {f"{one.id}.ratio": "<= 1.15" for one in chapters()} | {
    f"{one.id}.live_seconds": "< 120" for one in chapters()
}
_LISTEN = ("/events", "/session", "/grpc")
_TELL = """\
import json
from course.notebook import _kernel
calls = _kernel.gateway.tape if _kernel.gateway else []
print(json.dumps([(call.started, call.ms / 1000, call.path) for call in calls]))
"""
Span = tuple[float, float]


def run(only: Sequence[str] = ()) -> dict[str, float]:
    """Seconds that the cells took, and their ratio to the seconds in which the engine was asked."""
    figures: dict[str, float] = {}
    for chapter in progress(chosen(chapters(), only), "chapters"):
        cells, calls = _run(path_of(chapter))
        if not calls:
            continue  # nothing to compare with
        live, engine = _length(cells), _length(_both(cells, calls))
        figures |= {f"{chapter.id}.live_seconds": live, f"{chapter.id}.ratio": live / engine}
    return figures


def _run(path: Path) -> tuple[list[Span], list[Span]]:
    book: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    book.cells.append(nbformat.v4.new_code_cell(_TELL))  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as home:
        # Nobody's predictions and working copies. The engine is looked for first: it is found by its home.
        environment = {**os.environ, **cli_environment(), "COURSE_HOME": home, "COURSE_WORK": f"{home}/work"}
        client: Any = NotebookClient(book, timeout=300, kernel_name="python3", store_widget_state=False)
        client.execute(cwd=str(path.parent), env=environment)
    told = json.loads("".join(output.text for output in book.cells.pop().outputs))
    return run_times(book), [
        (began, began + took) for began, took, path in told if not path.endswith(_LISTEN)
    ]


def _union(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for began, ended in sorted(spans):
        if joined and began <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ended, joined[-1][1]))
        else:
            joined.append((began, ended))
    return joined


def _both(cells: Sequence[Span], calls: Sequence[Span]) -> list[Span]:
    """When a cell was running and a call under way."""
    calls = _union(calls)
    return [(max(a, c), min(b, d)) for a, b in cells for c, d in calls if max(a, c) < min(b, d)]


def _length(spans: Iterable[Span]) -> float:
    return sum(ended - began for began, ended in _union(spans))

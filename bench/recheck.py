"""A check after an edit of one line beside the first check of the same folder, for every exercise.

Two edits: `comment` changes nothing that a check looks at; `line` adds an instruction at the end (a command,
to the script of chapter 01): the image is another one, and each rule that starts it has to look again. Two
ways: `watch` as `course check --watch` does it, with what is known from the first; `plain` as two calls of
`course check`, each with random words of its own in the exercise's files, so that nothing that reads them
may come from a cache. Times are until the verdict.
"""

from __future__ import annotations

import contextlib
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import docker

from bench._measure import chosen, rounds
from bench.verdict import renewed
from checkers import Report, Status, check
from checkers.reuse import Memory
from course.engine.connect import connect
from course.exercises import load

_ROUNDS = 3
_WAYS = ("watch", "plain")
TARGETS = {
    f"{one.id}.{way}_{edit}": "<= 0.6" for one in load() for way in _WAYS for edit in ("comment", "line")
}


def run(only: Sequence[str] = ()) -> dict[str, float]:
    """Ratios of medians: the check after an edit ÷ the first, and the first's seconds."""
    figures: dict[str, float] = {}
    with contextlib.closing(connect()) as client:
        for exercise in chosen(load(), only):
            for way in _WAYS:
                times = [_round(client, exercise.id, way) for _ in rounds(_ROUNDS, f"{exercise.id}, {way}")]
                first, comment, line = (statistics.median(one) for one in zip(*times, strict=True))
                name = f"{exercise.id}.{way}"
                figures |= {
                    f"{name}_first_seconds": first,
                    f"{name}_comment": comment / first,
                    f"{name}_line": line / first,
                }
    return figures


def _round(client: docker.DockerClient, name: str, way: str) -> tuple[float, float, float]:
    """Seconds of the first check, of one after a comment, of one after an instruction."""
    with renewed(name, uuid.uuid4().hex[:8], files=False) as folder, Memory() as memory:
        kept = memory if way == "watch" else None

        def once() -> float:
            return until_told(lambda tell: check(name, folder, client=client, on_verdict=tell, memory=kept))

        first = once()
        _append(folder, "# One more comment.")
        comment = once()
        _append(folder, "LABEL edited=yes", script="true")
        return first, comment, once()


def until_told(action: Callable[[Callable[[Report], None]], object]) -> float:
    """Seconds from the call to the verdict, which must be a pass."""
    told: list[float] = []

    def tell(report: Report) -> None:
        assert report.status is Status.PASS, report.to_json()  # noqa: S101  a wrong verdict has no speed
        told.append(time.perf_counter() - began)

    began = time.perf_counter()
    action(tell)
    return told[0]


def _append(folder: Path, line: str, *, script: str = "") -> None:
    file = folder / "Dockerfile"
    if not file.exists():
        file, line = folder / "run.sh", script or line
    file.write_text(f"{file.read_text().rstrip()}\n{line}\n")

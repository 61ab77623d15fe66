"""What a verdict costs beside its floor, for every exercise: the same engine operations in order (`_floor`).

Two ratios each: until the verdict is there (`verdict`), and with the removal of all that was made (`whole`).
Both sides start from a folder with a random word of its own, so that neither meets the other's build cache;
bases are in the engine.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from bench._bare import bare
from bench._floor import FLOORS
from bench._measure import chosen, rounds
from checkers import Report, Status, check
from checkers.attempt import PROCESS
from checkers.folder import put
from checkers.plans import plan_for
from course.build.buildx import DockerCli
from course.build.buildx import find as find_cli
from course.engine.connect import connect
from course.engine.listing import list_images
from course.errors import EngineError
from course.exercises import find, load


@dataclass(frozen=True)
class Taken:
    """One run: seconds until the verdict and in all, and how many containers and images it made."""

    verdict: float
    whole: float
    made: int


_ROUNDS = 3
TARGETS = {f"{one}.{what}_ratio": "<= 1.2" for one in FLOORS for what in ("verdict", "whole")}


def run(only: Sequence[str] = ()) -> dict[str, float]:
    """Medians, in seconds, of runs in turn, and of ours ÷ the floor: of each pair, since two neighbours had
    the same load beside them."""
    figures: dict[str, float] = {}
    with contextlib.closing(connect()) as client:
        cli = find_cli(client)
        if cli is None:
            raise EngineError("The comparison needs the docker CLI with buildx.")
        for exercise in chosen(load(), only):
            if exercise.id not in FLOORS:  # the seconds alone
                alone = [_ours(client, exercise.id) for _ in rounds(_ROUNDS, exercise.id)]
                figures[f"{exercise.id}.verdict_seconds"] = statistics.median(one.verdict for one in alone)
                continue
            pairs = [
                (_ours(client, exercise.id), _floor(client, cli, exercise.id))
                for _ in rounds(_ROUNDS, exercise.id)
            ]
            if any(floor.made > ours.made for ours, floor in pairs):
                raise EngineError(f"The floor of {exercise.id} makes more than the check does: it is none.")
            for what in ("verdict", "whole"):
                taken = [(getattr(ours, what), getattr(floor, what)) for ours, floor in pairs]
                name = f"{exercise.id}.{what}"
                figures |= {
                    f"{name}_seconds": statistics.median(ours for ours, _ in taken),
                    f"{name}_floor": statistics.median(floor for _, floor in taken),
                    f"{name}_ratio": statistics.median(ours / floor for ours, floor in taken),
                }
    return figures


def _ours(client: docker.DockerClient, name: str) -> Taken:
    told: list[float] = []
    made: list[int] = []

    def tell(report: Report) -> None:
        assert report.status is Status.PASS, report.to_json()  # noqa: S101  a wrong verdict has no speed
        told.append(time.perf_counter() - began)
        mine: Any = {"label": f"{PROCESS}={os.getpid()}"}
        made.append(
            len(client.api.containers(all=True, filters=mine)) + len(list_images(client.api, filters=mine))
        )

    with renewed(name, uuid.uuid4().hex[:8], files=False) as folder:
        began = time.perf_counter()
        check(name, folder, client=client, on_verdict=tell)
        return Taken(told[0], time.perf_counter() - began, made[0])


def _floor(client: docker.DockerClient, cli: DockerCli, name: str) -> Taken:
    word = uuid.uuid4().hex[:8]
    with renewed(name, word, files=True) as folder:
        began = time.perf_counter()
        with bare(client, cli, folder, word) as hands:
            FLOORS[name](hands)
            told = time.perf_counter() - began
            made = len(hands.containers) + hands.built
        return Taken(told, time.perf_counter() - began, made)


@contextlib.contextmanager
def renewed(name: str, word: str, *, files: bool) -> Iterator[Path]:
    """A copy of the solution, as a first check meets it: no step after a FROM is in the build cache. With the
    plan's own files for a floor; a check puts its own there."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / name
        shutil.copytree(find(name).solution, folder)
        if files and (own := plan_for(name).files):
            put(folder, own(word))
        renew(folder, word)
        yield folder


def renew(folder: Path, word: str) -> None:
    """Gives each stage of a Dockerfile a variable that no cache has met; scratch has no steps to lose."""
    path = folder / "Dockerfile"
    if path.exists():
        lines = path.read_text().splitlines()
        with_word = (
            [line, f"ENV COURSE_BENCH={word}"] if line.upper().startswith("FROM ") else [line]
            for line in lines
        )
        path.write_text("\n".join(line for some in with_word for line in some) + "\n")

"""Finds or brings what the course stands on: an engine, the docker CLI with its plugins, base images."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass

from course import images
from course.engine import embedded
from course.engine.address import Address
from course.engine.connect import connect
from course.engine.describe import Engine, describe
from course.engine.find import find_engine
from course.errors import NoEngine, PackageError
from course.steps import SILENT, Steps

FIRST_CHAPTERS = ("00", "01")  # what opens first; each later lesson brings its own when it is begun


@dataclass(frozen=True)
class Ready:
    """What was found or brought."""

    address: Address
    engine: Engine


def prepare(
    chapters: Iterable[str] | None = FIRST_CHAPTERS, *, steps: Steps = SILENT, stand_ins: bool | None = None
) -> Ready:
    """Makes sure of an engine, the CLI and the base images of `chapters` (None: all); does nothing twice.

    `stand_ins` says whether a stand-in may take a base image's name where no registry can be reached; None:
    in the course's own engine, or if COURSE_STAND_INS is set.
    Raises EngineError, PackageError or ImageError.
    """
    address = engine_address(steps)
    with contextlib.closing(connect(address)) as client:
        engine = describe(client, address)
        _cli(steps)
        names = None if chapters is None else images.for_chapters(chapters)
        allowed = engine.embedded or images.stand_ins_asked() if stand_ins is None else stand_ins
        images.ensure(client, names, steps=steps, allow_stand_ins=allowed)
    return Ready(address, engine)


def engine_address(steps: Steps = SILENT) -> Address:
    """The engine that answers, else the embedded one, started. Raises EngineError or PackageError."""
    try:
        return find_engine()
    except NoEngine:
        if os.environ.get("DOCKER_HOST"):
            raise  # somebody named an engine: another one in its place would only confuse
        return embedded.up(steps)


def _cli(steps: Steps) -> None:
    # Lessons on Compose and buildx want the CLI; the others live without it, so its lack stops nothing.
    try:
        embedded.ensure_cli(steps)
    except PackageError as error:
        steps.note(f"No docker CLI: {error} Cells that show CLI commands will say so.")

"""Makes sure that base images are in the engine: from a mirror, a bundle, their registry, or as stand-ins."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import docker
from filelock import FileLock, Timeout

from course.images.bundle import Bundle
from course.images.catalogue import catalogue, find
from course.images.record import Brought, Record
from course.images.run import Run
from course.images.status import present
from course.paths import paths
from course.steps import SILENT, Steps


def stand_ins_asked() -> bool:
    """Whether COURSE_STAND_INS asks for stand-ins in an engine that isn't the course's own."""
    return os.environ.get("COURSE_STAND_INS", "").lower() not in ("", "0", "no", "false")


def ensure(
    client: docker.DockerClient,
    names: Iterable[str] | None = None,
    *,
    steps: Steps = SILENT,
    allow_stand_ins: bool = False,
    jobs: int = 2,
) -> tuple[Brought, ...]:
    """Brings those of `names` (None: the whole catalogue) that the engine lacks; never touches one it has.

    Each is asked for at a mirror (COURSE_REGISTRY), in a bundle, at its own registry, and, if
    `allow_stand_ins`, made as a stand-in; a place that can't be reached is asked once. One API call when all
    are there. What was brought is in the ledger, so that `course reset --all` takes it away.

    Raises PullFailed (or what is below it), BundleError, StandInFailed or EngineError; what was brought until
    then stays.
    """
    wanted = [image.name for image in catalogue()] if names is None else list(dict.fromkeys(names))
    images = [find(name) for name in wanted]
    there = present(client, wanted)
    if len(there) == len(wanted):
        return ()
    with _locked(steps), ExitStack() as stack:
        there = present(client, (image.name for image in catalogue()))
        missing = [image for image in images if image.name not in there]
        return Run(client, steps, allow_stand_ins, there, stack).bring(missing, jobs)


def load(
    client: docker.DockerClient,
    path: Path,
    *,
    steps: Steps = SILENT,
    allow_stand_ins: bool = False,
) -> tuple[Brought, ...]:
    """Loads what the bundle `path` has of the catalogue and the engine lacks; never touches an image it has.

    Stand-ins in the bundle are left out unless `allow_stand_ins`. Raises BundleError or EngineError.
    """
    with ExitStack() as stack:
        bundle = stack.enter_context(Bundle(path))
        known = {image.name for image in catalogue()}
        offered = [one for one in bundle.images if one.name in known]
        stack.enter_context(_locked(steps))
        there = present(client, (one.name for one in offered))
        lacking = [one for one in offered if one.name not in there]
        missing = [one.name for one in lacking if allow_stand_ins or not one.stand_in]
        if left_out := [one.name for one in lacking if one.name not in missing]:
            steps.note(
                f"Left out, for they are stand-ins and this engine is not the course's own: "
                f"{', '.join(left_out)}. With --stand-ins they take those names."
            )
        if not missing:
            return ()
        record = stack.enter_context(Record(client))
        began = time.monotonic()
        with steps.step(f"{len(missing)} images from {path.name}", unit="bytes") as step:
            bundle.load(client, missing, step)
        return tuple(record.write(name, "loaded", began) for name in missing)


@contextmanager
def _locked(steps: Steps) -> Iterator[None]:
    """One process at a time: two would build the same stand-ins side by side."""
    file = paths().run / "images.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        steps.note("Another course program is bringing images; waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()

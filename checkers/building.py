"""Builds a learner's folder within the limits.

Where a step could run code of theirs, the build goes beneath the control group of the attempt's cage: memory,
CPU and processes are limited for all its steps together. That needs the docker CLI's buildx, and an engine
that is proved to do so (`proof`); engines before 23 do it with the classic builder (`classic`). Where it
can't be done, such a Dockerfile isn't built: a fork bomb without a limit takes the whole machine.
Only a rootless engine is trusted without a cage: there the kernel counts the processes of its user
(RLIMIT_NPROC), root in the container included; memory is limited by whatever holds the engine.

Each build, caged or not, has no network, limits on open files and file size, a watch over the disk, and a
deadline. A Dockerfile that runs nothing (no RUN, no ADD) needs no cage and goes the fast way.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checkers import buildx, classic, proof
from checkers.limits import FILE_COST, Limits, size
from course import build as api
from course.build.buildx import find
from course.build.context import check_dockerfile
from course.engine.describe import store_of, version_number
from course.engine.failures import NOT_STARTED
from course.engine.labels import made_image
from course.errors import BuildError, EngineRefused, EngineTooOld, StepFailed
from course.trace import Build

if TYPE_CHECKING:
    from checkers.attempt import Attempt

# A faulty engine, not a faulty answer: seen once and gone on a rerun (moby/buildkit#6521).
_TRANSIENT = re.compile(
    r"parent snapshot \S+ does not exist|failed to get state for index|lease .* not found"
)
# Of all processes of a rootless engine's user on its machine, not of one build: it must leave them room.
_ROOTLESS_PROCESSES = 4096
_STARVED = re.compile(
    "can't fork|cannot allocate memory|resource temporarily unavailable|file size limit|file too large"
    "|out of memory",
    re.IGNORECASE,
)


class TooMuch(BuildError):
    """The build used more than it may."""


class NotHere(EngineTooOld):
    """This engine can't do what the exercise is about. No answer to it can be checked here."""


class DiskFilled(TooMuch):
    """The free space fell while the build ran, and came back when it was cancelled."""


@dataclass(frozen=True)
class What:
    """What to build: a folder, the attempt's or a variant of it, and with what."""

    folder: Path
    buildargs: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False  # without the cache
    platform: str = ""
    target: str = ""  # a stage, by its name or number; "" is the last
    secrets: Mapping[str, str] = field(default_factory=dict)  # id → content
    dockerfile: str = "Dockerfile"  # its name in the folder
    network: str = "none"  # of its RUN steps; "default" is the engine's, which `course review` asks for


def build(
    attempt: Attempt, what: What, tag: str, *, on_update: Callable[[Build], None] | None = None
) -> Build:
    """Builds `what` as `tag`.

    Raises BuildError and its kin, TooMuch among them.
    """
    text = check_dockerfile(what.folder, what.dockerfile)
    for last in (False, True):
        try:
            if runs_nothing(text) and not what.platform:  # nothing could look at a secret, either
                return _plain(attempt, what, tag, on_update, attempt.can_cancel)
            return _guarded(attempt, what, tag, on_update)
        except DiskFilled:
            if last:  # twice in a row is no neighbour's coming and going
                raise
        except (BuildError, EngineRefused) as error:
            words = f"{error} {error.detail}"
            unstarted = NOT_STARTED.search(words)
            if not unstarted and not _TRANSIENT.search(words):
                raise _explained(error, attempt.limits) from error
            if last:
                raise EngineRefused(
                    "The engine could not start a step of the build, twice."
                    if unstarted
                    else "The engine lost track of its build cache, twice.",
                    hint="Check again when the machine is less busy. Run: course doctor"
                    if unstarted
                    else "Check again. If it stays so: docker builder prune",
                    detail=words,
                ) from error
    raise AssertionError  # the loop returns or raises


def runs_nothing(dockerfile: str) -> bool:
    """Whether no step of it can run or download anything, by a test that errs on the safe side: the words
    RUN and ADD must not stand in it anywhere, not even cut in two by a continued line."""
    joined = re.sub(r"[\\`][ \t]*\r?\n", "", dockerfile)
    return not re.search(r"\b(run|add|onbuild|syntax)\b", f"{dockerfile}\n{joined}", re.IGNORECASE)


def now(update: Build) -> str:
    """What a build is doing, in a few words."""
    busy = [vertex for vertex in update.vertices if vertex.intervals and vertex.intervals[-1][1] is None]
    return (busy[-1].instruction or busy[-1].name)[:60] if busy else ""


def _guarded(attempt: Attempt, what: What, tag: str, on_update: Callable[[Build], None] | None) -> Build:
    if what.platform:
        _need_platforms(attempt)
    how = _builder(attempt, what, on_update)
    cancels: list[Callable[[], None]] = []

    def stop() -> None:
        for cancel in cancels:
            cancel()

    def started(cancel: Callable[[], None]) -> None:
        cancels.append(cancel)
        attempt.can_cancel(cancel)

    guard = attempt.disk_guard(stop)
    try:
        with guard:
            if how:
                return how(
                    context=what.folder,
                    tag=tag,
                    buildargs=what.buildargs,
                    labels=made_image(tag) | attempt.marks,
                    cgroup_parent=attempt.cage.cgroup_parent(attempt.info),
                    limits=attempt.limits,
                    fresh=what.fresh,
                    target=what.target,
                    dockerfile=what.dockerfile,
                    network=what.network,
                    on_start=started,
                )
            own = [{"Name": "nproc", "Soft": _ROOTLESS_PROCESSES, "Hard": _ROOTLESS_PROCESSES}]
            return _plain(attempt, what, tag, on_update, started, own)
    except BuildError as error:
        if not guard.tripped:
            attempt.client.ping()  # an engine that went away is no wrong answer; this raises then
            raise
        if guard.came_back():
            raise DiskFilled(
                f"The build wrote more than {size(attempt.limits.disk)} to the disk and was cancelled. "
                f"(Each file counts {size(FILE_COST)}, and what is in it.)",
                hint="Look for a step that writes without end.",
            ) from error
        raise EngineRefused(
            "The engine's disk filled up during the build, and not by the build itself.",
            hint="Free some space, then check again.",
        ) from error


def _builder(
    attempt: Attempt, what: What, on_update: Callable[[Build], None] | None
) -> Callable[..., Build] | None:
    """What builds in a cage; None for a rootless engine. Raises EngineTooOld where there is no safe way."""
    old = version_number(str(attempt.info.get("ServerVersion", ""))) < (23, 0)
    if what.secrets and (old or _rootless(attempt)):
        raise NotHere(
            "Only buildx hands a secret to a build, and a check can't hold it to limits on "
            + ("an engine older than 23." if old else "a rootless engine."),
            hint="Your answer wasn't looked at. Check it on another engine. Run: course doctor",
        )
    if _rootless(attempt):
        return None
    if old:
        return functools.partial(classic.build, attempt.client)
    cli = find(attempt.client)
    if cli is None:
        raise EngineTooOld(
            "This Dockerfile runs commands, and a check runs them only within limits. That needs the docker "
            "CLI with buildx 0.13 or newer.",
            hint="Run: course doctor",
        )
    if not proof.holds(cli, attempt.cage, attempt.info, attempt.limits):
        raise EngineTooOld(
            "This Dockerfile runs commands, and this engine doesn't hold a build's commands to a container's "
            "limits.",
            hint="Run: course doctor",
        )
    return functools.partial(
        buildx.build, cli, platform=what.platform, secrets=what.secrets, on_update=on_update
    )


def _need_platforms(attempt: Attempt) -> None:
    """Raises NotHere where nothing here can build one image for several CPUs."""
    if store_of(attempt.info) != "containerd":
        raise NotHere(
            "This engine keeps images in a graph driver, which holds an image for one CPU only. One for "
            "two needs the containerd image store.",
            hint="Your answer wasn't looked at. Check it on an engine with that store. Run: course doctor",
        )
    if _rootless(attempt):
        raise NotHere(
            "Only buildx builds for two CPUs, and on a rootless engine a check can't hold it to limits.",
            hint="Your answer wasn't looked at. Check it on an engine that isn't rootless.",
        )


def _rootless(attempt: Attempt) -> bool:
    return "name=rootless" in (attempt.info.get("SecurityOptions") or [])


def _plain(
    attempt: Attempt,
    what: What,
    tag: str,
    on_update: Callable[[Build], None] | None,
    on_start: Callable[[Callable[[], None]], None] | None,
    ulimits: Sequence[dict[str, Any]] = (),
) -> Build:
    return api.build(
        attempt.client,
        what.folder,
        tag=tag,
        buildargs=what.buildargs,
        labels=made_image(tag) | attempt.marks,
        network="" if what.network == "default" else what.network,
        dockerfile=what.dockerfile,
        target=what.target,
        no_cache=what.fresh,
        ulimits=[*attempt.limits.ulimits(), *ulimits],
        max_context_bytes=attempt.limits.context,
        timeout=attempt.limits.build,
        on_update=on_update,
        on_start=on_start,
    )


def _explained(error: BuildError | EngineRefused, limits: Limits) -> BuildError | EngineRefused:
    """The same error; a step that ran into a limit says which limits there are."""
    if isinstance(error, StepFailed) and (error.exit_code == 137 or _STARVED.search(error.detail)):
        return TooMuch(
            f"{str(error).removesuffix('.')}: it used more than a checked build may.",
            hint=f"A check allows {limits}.",
            detail=error.detail,
            line=error.line,
        )
    return error

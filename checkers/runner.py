"""Plan + attempt → `Report`. What breaks in the grader or the engine becomes `error`, never `fail`."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
import filelock

from checkers import abandoned
from checkers.attempt import Attempt
from checkers.building import NotHere
from checkers.folder import put
from checkers.follow import follow
from checkers.interrupts import Stop, terminable
from checkers.plans import Plan, plan_for
from checkers.result import CheckResult, Report, Status
from checkers.reuse import Memory
from checkers.rules.base import Rule
from checkers.running import WrongAnswer
from checkers.shorten import clean
from course.engine.connect import connect
from course.engine.describe import store_of
from course.engine.failures import WIRE_ERRORS, translate
from course.errors import BuildError, CheckBusy, CourseError, EngineError, ImageNotFound
from course.exercises import Exercise, find, working_copy
from course.paths import paths
from course.steps import SILENT, Steps
from course.trace import Build, compare

_CODE = 200  # characters of a line that a report quotes


Tell = Callable[[Report], None]


def check(
    exercise_id: str,
    folder: Path | None = None,
    *,
    client: docker.DockerClient | None = None,
    steps: Steps = SILENT,
    on_verdict: Tell | None = None,
    memory: Memory | None = None,
    stop: Stop | None = None,
) -> Report:
    """Checks an answer: the learner's working copy, or `folder`.

    What the answer, the grader or the engine did is in the report. Raises only where there is nothing to
    report on: UnknownExercise, NoWorkingCopy, CheckBusy, ManifestError. Leaves nothing behind in the engine,
    however it ends.

    `on_verdict` hears the report as soon as it is there; what the check has made is removed after that. One
    `memory`, with one `client`, for several checks of a folder lets each take over what hasn't changed since.
    `stop.now()` ends the check from another thread: it cleans up, and raises Stopped, a KeyboardInterrupt.
    """
    exercise = find(exercise_id)
    plan = plan_for(exercise.id)
    folder = folder or working_copy(exercise.id)
    stop = stop or Stop()
    own = client is None
    try:
        client = client or connect()
    except EngineError as error:
        report = Report(exercise.id, (_could_not_tell("engine", "The engine answers", error, 0.0),))
        if on_verdict:
            on_verdict(report)
        return report
    try:
        with terminable(stop), _alone(exercise.id, folder), abandoned.removed(client) as remove_images:

            def tell(report: Report) -> None:
                if on_verdict:
                    on_verdict(report)
                remove_images()

            return run(exercise, plan, folder, client, steps, tell, memory, stop)
    finally:
        if own:
            client.close()


def run(
    exercise: Exercise,
    plan: Plan,
    folder: Path,
    client: docker.DockerClient,
    steps: Steps = SILENT,
    on_verdict: Tell | None = None,
    memory: Memory | None = None,
    stop: Stop | None = None,
) -> Report:
    """The report of one attempt. `check` without looking anything up and without the lock."""
    began = time.monotonic()
    word = memory.word if memory else ""
    house = memory.house(client, plan.limits) if memory else None
    attempt = Attempt(client, folder, limits=plan.limits, steps=steps, word=word, stop=stop, house=house)
    with contextlib.ExitStack() as stack:  # leaving it removes what the attempt made
        checks = _checks(exercise, plan, attempt, memory, stack)
        attempt.stop.check()
        report = Report(exercise.id, checks, _engine(attempt), time.monotonic() - began)
        if on_verdict:
            on_verdict(report)
    return report


def _checks(
    exercise: Exercise,
    plan: Plan,
    attempt: Attempt,
    memory: Memory | None,
    stack: contextlib.ExitStack,
) -> tuple[CheckResult, ...]:
    """What the rules say, or why they can't. What is to be left in the end is entered on `stack`."""
    try:
        stack.enter_context(attempt)
        if plan.probes:
            stack.enter_context(attempt.ahead())
        ground = attempt.info.get("ID"), _image_ids(attempt.client, exercise)
        if plan.files:
            put(attempt.folder, plan.files(attempt.word))
        if memory:
            memory.begin(ground)
        return follow(plan.rules, attempt, apply, memory)
    except BuildError as error:  # the folder itself: a link out of it, too large
        return (_failed("folder", "The folder can be checked", error, 0.0),)
    except WIRE_ERRORS as error:
        return (_could_not_tell("engine", "The engine answers", translate(error), 0.0),)
    except EngineError as error:
        return (_could_not_tell("engine", "The engine answers", error, 0.0),)
    except ImageNotFound as error:
        return (_could_not_tell("images", "The base images are there", error, 0.0),)


def apply(rule: Rule, attempt: Attempt) -> CheckResult:
    """One rule's result, whatever happens inside it."""
    began = time.monotonic()
    try:
        outcome = rule.check(attempt)
    except (BuildError, WrongAnswer) as error:
        return _failed(rule.id, rule.title, error, time.monotonic() - began, attempt)
    except CourseError as error:
        return _could_not_tell(rule.id, rule.title, error, time.monotonic() - began)
    except WIRE_ERRORS as error:
        return _could_not_tell(rule.id, rule.title, translate(error), time.monotonic() - began)
    except Exception as error:  # noqa: BLE001  a broken rule must not blame, nor stop, anybody
        broken = CourseError(
            f"The check itself broke: {type(error).__name__}: {error}",
            hint="This is the course's fault, not yours. Please report it.",
        )
        return _could_not_tell(rule.id, rule.title, broken, time.monotonic() - began)
    return CheckResult(
        id=rule.id,
        title=rule.title,
        status=Status.SKIP if outcome.untold else Status.PASS if outcome.right else Status.FAIL,
        message=clean(outcome.message, attempt),
        hint=outcome.hint,
        misconception=outcome.misconception,
        evidence=clean(outcome.evidence, attempt),
        seconds=time.monotonic() - began,
        builds=outcome.builds,
        story=_story(outcome.builds),
        expected=clean(outcome.expected, attempt),
        **_place(attempt, outcome.line, outcome.file),
    )


def _place(attempt: Attempt | None, line: int | None, file: str = "") -> dict[str, Any]:
    """The file that a line is of, and what stands there. Rules that name no file mean the Dockerfile."""
    if not line or attempt is None:
        return {"line": line, "file": file}
    file = file or "Dockerfile"
    try:
        with (attempt.place / file).open(encoding="utf-8-sig", errors="replace") as text:
            code = next(itertools.islice(text, line - 1, None), "")
    except OSError:
        code = ""
    return {"line": line, "file": file, "code": clean(code[:_CODE])}


def _story(builds: tuple[Build, ...]) -> str:
    """What the second of two builds did again, and why; "" where a builder told of no steps."""
    if len(builds) != 2 or not builds[1].steps:
        return ""
    return clean(compare(*builds).text())


def _failed(
    name: str, title: str, error: CourseError, seconds: float, attempt: Attempt | None = None
) -> CheckResult:
    return CheckResult(
        id=name,
        title=title,
        status=Status.FAIL,
        message=clean(str(error)),
        hint=error.hint or "The engine's own words are the evidence.",
        evidence=clean(error.detail),
        seconds=seconds,
        **_place(attempt, getattr(error, "line", None), getattr(error, "file", "")),
    )


def _could_not_tell(name: str, title: str, error: CourseError, seconds: float) -> CheckResult:
    return CheckResult(
        id=name,
        title=title,
        status=Status.ERROR,
        message=clean(str(error)),
        hint=error.hint or "Run: course doctor",
        evidence=clean(error.detail),
        seconds=seconds,
        not_here=isinstance(error, NotHere),
    )


def _engine(attempt: Attempt) -> dict[str, str]:
    """Version and image store, for the report; nothing where the engine doesn't answer."""
    try:
        info = attempt.info
    except WIRE_ERRORS:
        return {}
    return {"version": str(info.get("ServerVersion", "")), "store": store_of(info)}


def _image_ids(client: docker.DockerClient, exercise: Exercise) -> tuple[str, ...]:
    """The images that the exercise needs, as they are now. Raises ImageNotFound."""

    def found(image: str) -> str:
        try:
            return str(client.images.get(image).id)
        except docker.errors.ImageNotFound as error:
            raise ImageNotFound(
                f"The engine doesn't have {image}, which this exercise needs.",
                hint=f"Run: course images pull {image}",
            ) from error

    with ThreadPoolExecutor(max(1, len(exercise.images)), "image") as pool:
        return tuple(pool.map(found, exercise.images))


@contextlib.contextmanager
def _alone(exercise_id: str, folder: Path) -> Iterator[None]:
    """One check of an exercise's folder at a time. Other folders of it (a grader's) go on side by side."""
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    lock = paths().run / "locks" / f"check-{exercise_id}-{digest}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(lock, timeout=0):
            yield
    except filelock.Timeout as error:
        raise CheckBusy(
            f"A check of {exercise_id} is running already.", hint="Wait for it, or stop it with Ctrl-C."
        ) from error

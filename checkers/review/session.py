"""A review from beginning to end: look, judge, clean up."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker

from checkers import abandoned
from checkers.attempt import Built
from checkers.interrupts import Stop, terminable
from checkers.limits import size
from checkers.review import building, composing, hadolint, reading, watching
from checkers.review.advice import Advice, Review, Row, Severity
from checkers.review.advisers import ALL
from checkers.review.project import PATIENCE, Asked, Project
from checkers.review.seen import Seen
from checkers.running import WrongAnswer
from checkers.shorten import clean
from course.build.context import check_dockerfile
from course.build.survey import survey
from course.engine.connect import connect
from course.engine.describe import store_of
from course.engine.failures import WIRE_ERRORS, translate
from course.errors import BuildError, CourseError, EngineError, InputError
from course.layers import readable
from course.steps import SILENT, Steps

_TELLING = {"secret-in-settings", "compose-secret"}  # whose line holds the secret itself
_CODE = 200  # characters of a line that are shown
_ORDER = list(Severity)


def review(
    folder: Path,
    asked: Asked | None = None,
    *,
    client: docker.DockerClient | None = None,
    steps: Steps = SILENT,
    stop: Stop | None = None,
) -> Review:
    """Reviews the project in `folder`, which is only read. A failed build is part of the review.

    Leaves nothing in the engine but its build cache, however it ends; `stop.now()` ends it from another
    thread, which raises Stopped. Raises InputError where there is nothing to review, and EngineError.
    """
    asked, folder, stop = asked or Asked(), folder.resolve(), stop or Stop()
    has_dockerfile = (folder / asked.dockerfile).is_file()
    if not has_dockerfile and (asked.dockerfile != "Dockerfile" or not composing.file_of(folder)):
        raise InputError(
            f"There is no {asked.dockerfile} in {folder.name}, and no Compose file."
            if asked.dockerfile == "Dockerfile"
            else f"There is no {asked.dockerfile} in {folder.name}.",
            hint="Name the folder of a project, and its Dockerfile with --file.",
        )
    own = client is None
    client = client or connect()
    try:
        with terminable(stop), abandoned.removed(client):
            return _Session(client, folder, asked, steps, stop).run(has_dockerfile)
    except WIRE_ERRORS as error:
        raise translate(error) from error
    finally:
        if own:
            client.close()


class _Session:
    """One review on its way."""

    def __init__(
        self, client: docker.DockerClient, folder: Path, asked: Asked, steps: Steps, stop: Stop
    ) -> None:
        self._client, self._folder, self._asked = client, folder, asked
        self._steps, self._stop = steps, stop
        self._began = time.monotonic()
        self._unseen: list[str] = []
        self._failure: Advice | None = None

    def run(self, has_dockerfile: bool) -> Review:
        """The whole of it."""
        seen, limits = Seen(self._asked.dockerfile if has_dockerfile else ""), ""
        if has_dockerfile:
            project = Project(self._client, self._folder, self._asked, steps=self._steps, stop=self._stop)
            limits = _limits(project)
            try:
                with project, project.ahead():
                    seen = self._look(project)
            except BuildError as error:  # the folder itself, before anything was built
                self._failed(error)
        self._stop.check()
        seen = self._composed(seen)
        return self._review(seen, limits)

    # Looking ----------------------------------------------------------------------------------------

    def _look(self, project: Project) -> Seen:
        asked = self._asked
        text = check_dockerfile(project.place, asked.dockerfile)
        found = survey(project.place, asked.dockerfile)
        seen = reading.read(project.place, asked.dockerfile, text, found, asked.buildargs)
        with self._part():
            seen = replace(seen, linted=hadolint.lint(self._folder, text))
        try:
            built = building.build(project)
        except BuildError as error:
            self._failed(error)
            return seen
        seen = building.opened(project, built, seen)
        seen = self._edited(project, built, seen)
        return self._watched(project, built, seen)

    def _edited(self, project: Project, built: Built, seen: Seen) -> Seen:
        self._stop.check()
        with self._part("The build after an edit was not looked at"):
            seen = building.rebuilt(project, built, seen)
            if not seen.edited:
                self._unseen.append(
                    "No edit was tried: the image is built from no source file that is known."
                )
        return seen

    def _watched(self, project: Project, built: Built, seen: Seen) -> Seen:
        self._stop.check()
        if not self._asked.run:
            self._unseen.append(
                "It was not run: what listens, how it stops, and whether its health check works."
            )
            return seen
        with self._part("The container was not looked at"):
            ran = watching.watch(project, built.tag, dict(seen.config))
            seen = replace(seen, ran=ran)
            if ran.ending:
                self._unseen.append(
                    f"How it stops and what listens: run alone, with no settings and no other "
                    f"service, it {ran.ending}."
                    + (f" Its last words: {ran.log.splitlines()[-1]}" if ran.log else "")
                )
        return seen

    def _composed(self, seen: Seen) -> Seen:
        name = composing.file_of(self._folder)
        if name:
            with self._part(), self._steps.step("Resolve the Compose file"):
                seen = replace(seen, compose=composing.resolve(self._client, self._folder, name))
                self._elsewhere(seen)
        return seen

    def _elsewhere(self, seen: Seen) -> None:
        """Names the Dockerfiles that the Compose file builds and this review didn't."""
        folders = (
            {
                str((service.get("build") or {}).get("context") or "")
                for service in seen.compose.services.values()
            }
            if seen.compose
            else set()
        )
        for folder in sorted(folders - {"", str(self._folder)}):
            self._unseen.append(f"The Compose file builds another folder. Run: course review {folder}")

    @contextlib.contextmanager
    def _part(self, what: str = "") -> Iterator[None]:
        """A part that may be missing without the rest."""
        try:
            yield
        except (hadolint.NoHadolint, composing.NoCompose) as error:
            self._unseen.append(str(error))
        except EngineError:
            raise
        except (BuildError, WrongAnswer, CourseError) as error:
            self._unseen.append(f"{what}: {error}")

    # Judging ----------------------------------------------------------------------------------------

    def _failed(self, error: BuildError) -> None:
        self._failure = Advice(
            "builds",
            "It builds",
            Severity.SERIOUS,
            str(error),
            error.hint or "The builder's own words are the evidence.",
            error.detail,
            error.line,
            self._asked.dockerfile if error.line else "",
        )

    def _review(self, seen: Seen, limits: str) -> Review:
        found = [self._failure] if self._failure else []
        found += itertools.chain.from_iterable(adviser(seen) for adviser in ALL)
        found.sort(key=lambda one: _ORDER.index(one.severity))  # stable: else in the advisers' order
        telling = {(one.file, one.line) for one in found if one.id in _TELLING}
        image, info = seen.image, self._client.info()
        return Review(
            folder=self._folder.name,
            advice=tuple(self._finished(one, seen, telling) for one in found),
            done=self._failure is None and not (seen.compose and seen.compose.error),
            dockerfile=seen.dockerfile,
            compose=seen.compose.file if seen.compose else "",
            engine={"version": str(info.get("ServerVersion", "")), "store": store_of(info)},
            image_bytes=image.tar_bytes if image else None,
            base_bytes=sum(layer.tar_bytes for layer in image.layers[: seen.below]) if image else 0,
            hidden_bytes=sum(one.size for one in image.hidden if one.hidden_by >= seen.below) if image else 0,
            rows=_rows(seen),
            edited=seen.edited,
            story=self._clean(seen.story.text()) if seen.story else "",
            unseen=tuple(self._clean(one) for one in self._unseen),
            limits=limits,
            seconds=time.monotonic() - self._began,
        )

    def _finished(self, one: Advice, seen: Seen, telling: set[tuple[str, int | None]]) -> Advice:
        """The advice with the line that it points at, but for those `telling` a secret, and without escape
        sequences and our paths."""
        text = seen.compose.text if seen.compose and one.file == seen.compose.file else seen.text
        lines = text.splitlines()
        code = lines[one.line - 1].strip() if one.line and one.file and one.line <= len(lines) else ""
        if (one.file, one.line) in telling:
            code = ""
        return replace(
            one,
            title=self._clean(one.title),
            message=self._clean(one.message),
            next=self._clean(one.next),
            evidence=self._clean(one.evidence),
            code=self._clean(code)[:_CODE],
        )

    def _clean(self, text: str) -> str:
        return clean(text).replace(f"{self._folder}/", "")


def _rows(seen: Seen) -> tuple[Row, ...]:
    image = seen.image
    return tuple(
        Row(readable(layer.instruction), layer.line, layer.tar_bytes, image.hidden_in(layer.index))
        for layer in (image.layers[seen.below :] if image else ())
        if image
    )


def _limits(project: Project) -> str:
    one = project.limits
    return (
        f"Built {'with the network of your engine' if project.asked.network else 'without network'}, within "
        f"{size(one.memory)} of memory, {one.cpus:g} CPUs, {size(one.disk)} of disk and {one.build / 60:.0f} "
        f"minutes; run in a closed network. docker stop waited {PATIENCE} s."
    )

"""`POST /build?version=2`: BuildKit through the Engine API, without the docker CLI and without a session."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docker

from course.build import buildx
from course.build.bases import base_ids, image_id
from course.build.context import Context, check_dockerfile, pack, relative_dockerfile
from course.build.failure import failed
from course.build.request import Request
from course.build.survey import survey
from course.dockerfile import parse
from course.engine.failures import NOT_STARTED
from course.errors import BuildError, EngineGone, EngineRefused, EngineTooOld
from course.steps import SILENT, Steps
from course.trace import Build, ContextFile, Given, Recorder
from course.trace.copied import select, sources
from course.trace.lines import Lines
from course.trace.wire import WireError

__all__ = ["Request", "build"]

# A faulty engine, not a faulty Dockerfile: seen once and gone on a rerun (moby/buildkit#6521).
_TRANSIENT = re.compile(rf"parent snapshot \S+ does not exist|{NOT_STARTED.pattern}")
_MIB = 1024 * 1024

OnUpdate = Callable[[Build], None]
OnStart = Callable[[Callable[[], None]], None]


def build(
    client: docker.DockerClient,
    context: Path,
    *,
    tag: str,
    dockerfile: str = "Dockerfile",
    buildargs: Mapping[str, str] | None = None,
    target: str = "",
    labels: Mapping[str, str] | None = None,
    network: str = "",
    platform: str = "",
    no_cache: bool = False,
    pull: bool = False,
    cgroup_parent: str = "",
    ulimits: Sequence[Mapping[str, Any]] = (),
    max_context_bytes: int | None = None,
    timeout: float | None = None,
    steps: Steps = SILENT,
    on_update: OnUpdate | None = None,
    on_start: OnStart | None = None,
) -> Build:
    """Builds the folder `context` and tags the result.

    `network` is "none", "host" or "" (the engine's default); `timeout` is seconds for the whole build;
    `on_update` gets a fresh `Build` after every message, and once more before a failed build raises;
    `on_start` gets a function that cancels the build from any thread (it then ends in BuildTimeout);
    `steps` hears of a context that is large, before it is sent. Leaving early (Ctrl-C, timeout) closes the
    connection, which makes BuildKit cancel the build. What BuildKit itself lost ("parent snapshot does not
    exist"), and a step that the machine could not start, is asked for once more. Where a tar can't do (see
    `course.build.buildx`) and there are no `cgroup_parent` and `ulimits`, the docker CLI builds, if it is
    there.

    Returns the finished `Build`, with what was asked for in `given`. Raises DockerfileError, ContextError,
    StepFailed, BuildTimeout, EngineGone, EngineRefused, EngineTooOld.
    """
    text = check_dockerfile(context, dockerfile)
    name = relative_dockerfile(dockerfile)
    given = Given(
        text, name, tag, target, platform, network, no_cache, dict(buildargs or {}), dict(labels or {})
    )
    params = _params(locals())
    lost: list[Build] = []  # the snapshots of an attempt that the engine spoilt
    seen: list[Build] = []

    def watch(update: Build) -> None:
        seen[:] = [update]
        if on_update:
            on_update(update)

    job = _Job(client, context, given, params, max_context_bytes, timeout, steps, watch, on_start)
    # What limits a checked build has must not be lost on the way: the CLI isn't told of them.
    may_use_cli = not cgroup_parent and not ulimits
    hidden = job.copies_a_hidden_dockerfile()
    by = buildx.find(client) if may_use_cli and hidden else None
    if hidden and by is None:
        steps.note(
            f"The ignore file names {job.given.dockerfile_name}, but it is copied into the image: "
            "only the docker CLI with buildx can send it apart, and it isn't used here."
        )
    for last in (False, True):
        try:
            built = job.run_by(by, pull) if by else job.run()
            return _with_work_of(lost, built)
        except (BuildError, EngineRefused) as error:
            if last or not _TRANSIENT.search(f"{error} {error.detail}"):
                raise
            lost = [*seen]
            steps.note("The engine stumbled, not the Dockerfile; the build is asked for once more.")
        except EngineTooOld as error:
            by = buildx.find(client) if may_use_cli and not last else None
            if by is None:
                raise
            steps.note(f"{error} The docker CLI builds it instead.")
    raise AssertionError  # the loop returns or raises


def _with_work_of(lost: Sequence[Build], built: Build) -> Build:
    """The build, in which a step that an attempt before it ran did run: the second attempt found its result
    in the cache, but no earlier build had put it there."""
    ran = {one.name: one for build in lost for one in build.steps if one.state == "done"}
    return replace(
        built,
        vertices=tuple(
            replace(one, cached=False, intervals=ran[one.name].intervals, log=ran[one.name].log)
            if one.cached and one.name in ran
            else one
            for one in built.vertices
        ),
    )


@dataclass(frozen=True)
class _Job:
    """A build that may be asked for twice."""

    client: docker.DockerClient
    context: Path
    given: Given
    params: Mapping[str, str]
    max_bytes: int | None
    timeout: float | None
    steps: Steps
    on_update: OnUpdate | None
    on_start: OnStart | None

    def run(self) -> Build:
        began = time.monotonic()
        recorder, lines = Recorder(self.given), Lines(self.given.dockerfile)

        def snapshot() -> Build:
            return recorder.build(time.monotonic() - began, lines.of(recorder.names()))

        with (
            self._packed() as body,
            Request(self.client, self.params, body, self.timeout, self.on_start) as answer,
        ):
            recorder.given = replace(self.given, context=body.inventory, context_bytes=body.survey.bytes)
            for message in answer:
                _take(message, recorder)
                if "error" in message:
                    recorder.error = str(message["error"]).strip()
                if self.on_update:
                    self.on_update(snapshot())
                if "error" in message:
                    raise failed(message, snapshot())
        if not recorder.image and any(vertex.running for vertex in snapshot().vertices):
            raise EngineGone("The engine ended its answer in the middle of the build.")
        recorder.given = replace(recorder.given, bases=base_ids(self.client, snapshot()))
        return snapshot()

    def run_by(self, cli: buildx.DockerCli, pull: bool) -> Build:
        """The same by the docker CLI."""
        with self._packed() as body:
            built = buildx.build(
                cli,
                self.context,
                self.given,
                pull=pull,
                timeout=self.timeout,
                on_update=self.on_update,
                on_start=self.on_start,
                packed=body,
            )
        # buildx's own --iidfile can name an image that the engine doesn't know by that ID.
        return replace(built, image=image_id(self.client, self.given.tag))

    def copies_a_hidden_dockerfile(self) -> bool:
        """Whether the ignore file names the Dockerfile, and an instruction would copy it nevertheless: the
        tar has to hold it, and `COPY . .` takes all that the tar holds."""
        name = self.given.dockerfile_name
        if not survey(self.context, name, self.max_bytes).hides_dockerfile:
            return False
        dockerfile = {name: ContextFile("", 0)}
        return any(
            select(dockerfile, sources(f"{' '.join([one.keyword, *one.flags])} {one.args}"))
            for one in parse(self.given.dockerfile)
            if one.keyword in {"COPY", "ADD", "RUN"}
        )

    @contextlib.contextmanager
    def _packed(self) -> Iterator[Context]:
        """The context, and a step that tells how much of it is packed while it is large."""
        with contextlib.closing(
            pack(self.context, dockerfile=self.given.dockerfile_name, max_bytes=self.max_bytes)
        ) as body:
            warning = body.survey.warning()
            if not warning:
                yield body
                return
            self.steps.note(warning)
            with self.steps.step("Build with a large context", unit="bytes") as step:
                total, told = body.survey.bytes, 0

                def tell(sent: int) -> None:
                    nonlocal told
                    if sent - told >= _MIB or sent == total:
                        told = sent
                        step.update(sent, total)

                body.on_progress = tell
                yield body


def _take(message: Mapping[str, Any], recorder: Recorder) -> None:
    if message.get("id") == "moby.buildkit.trace":
        with contextlib.suppress(WireError, binascii.Error):
            recorder.feed(base64.b64decode(message["aux"]))
    elif message.get("id") == "moby.image.id":
        recorder.image = message["aux"].get("ID", "")


def _params(given: dict[str, Any]) -> dict[str, str]:
    """The query of `POST /build`, from `build`'s arguments."""
    params = {
        "version": "2",
        "rm": "1",
        "t": given["tag"],
        "dockerfile": relative_dockerfile(given["dockerfile"]),
    }
    for name, value in (
        ("target", given["target"]),
        ("networkmode", given["network"]),
        ("platform", given["platform"]),
        ("cgroupparent", given["cgroup_parent"]),
        ("nocache", "1" if given["no_cache"] else ""),
        ("pull", "1" if given["pull"] else ""),
        ("buildargs", json.dumps(dict(given["buildargs"] or {})) if given["buildargs"] else ""),
        ("labels", json.dumps(dict(given["labels"] or {})) if given["labels"] else ""),
        ("ulimits", json.dumps([dict(limit) for limit in given["ulimits"]]) if given["ulimits"] else ""),
    ):
        if value:
            params[name] = value
    return params

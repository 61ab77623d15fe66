"""One attempt at an exercise: a learner's folder that is built, run and probed, each at most once, and
always cleaned up.

    with Attempt(client, folder) as attempt:
        built = attempt.build()
        running = attempt.run(built)
        answer = http.get(attempt.cage, f"http://{running.name}:8000/")
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import platform
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from checkers import building, cage
from checkers.abandoned import ATTEMPT, NAME
from checkers.cage import Cage
from checkers.disk import INTERVAL, REMOTE_INTERVAL, DiskGuard, local_free
from checkers.folder import copy_folder, vary
from checkers.interrupts import uninterrupted
from checkers.limits import DEFAULT, Limits
from checkers.running import Running, start_error
from course.engine.failures import WIRE_ERRORS
from course.engine.labels import PREFIX, made
from course.engine.makers import made_by
from course.errors import BuildError
from course.steps import SILENT, Steps
from course.trace import Build

T = TypeVar("T")
_BEFORE, _FIRST, _LAST = 0, 1, 2  # containers go first: images and networks are in use while they are there
PROCESS = f"{PREFIX}.check.process"
"""The label with the number of the process that makes an attempt."""


@dataclass(frozen=True)
class Built:
    """An image of this attempt."""

    tag: str
    build: Build


class Attempt:
    """See the module. What it makes carries a random name; two attempts never meet."""

    def __init__(
        self,
        client: docker.DockerClient,
        folder: Path,
        *,
        limits: Limits = DEFAULT,
        steps: Steps = SILENT,
    ) -> None:
        self.client, self.limits, self.steps = client, limits, steps
        self.name = f"{NAME}{uuid.uuid4().hex[:12]}"
        self.word = uuid.uuid4().hex[:8]  # that no earlier attempt, and nobody's cache, can know
        self._source = folder
        self.folder = folder  # once entered: the copy
        self._builds: dict[str, Built | BuildError] = {}
        self._undo: list[tuple[int, Callable[[], None]]] = []
        self._cage_lock, self._network_lock = threading.Lock(), threading.Lock()
        self._watch_lock = threading.Lock()
        self._runs = itertools.count(1)
        self._watched: list[Running] = []
        self._shared: dict[str, Any] = {}

    def __enter__(self) -> Attempt:
        temporary = tempfile.TemporaryDirectory(prefix=NAME, ignore_cleanup_errors=True)
        self._undo.append((_LAST, temporary.cleanup))
        self.folder = Path(temporary.name) / self._source.name
        try:
            copy_folder(self._source, self.folder, self.limits)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Removes all that the attempt made. A second Ctrl-C waits until it is done."""
        with uninterrupted():
            undo, self._undo = self._undo, []
            with ThreadPoolExecutor(
                4, "clean up"
            ) as pool:  # containers side by side; networks need them gone
                for kind in sorted({kind for kind, _ in undo}):
                    list(pool.map(_quietly, [step for its, step in undo if its == kind]))

    # What the engine is -----------------------------------------------------------------------------

    @functools.cached_property
    def info(self) -> dict[str, Any]:
        """The engine's own description."""
        return dict(self.client.info())

    @property
    def labels(self) -> dict[str, str]:
        """What marks a container as this attempt's."""
        return made("container") | self.marks

    @property
    def marks(self) -> dict[str, str]:
        """What marks anything as this attempt's, and this process's to remove."""
        return {ATTEMPT: self.name, PROCESS: str(os.getpid())} | made_by()

    # Building ---------------------------------------------------------------------------------------

    def build(
        self,
        *,
        folder: Path | None = None,
        buildargs: Mapping[str, str] | None = None,
        fresh: str = "",
        platform: str = "",
        target: str = "",
        secrets: Mapping[str, str] | None = None,
    ) -> Built:
        """The image of the folder, or of a variant of it. The same arguments give the same image, or raise
        the same error, again. Any word for `fresh` makes another build, without the cache. `platform` may
        name several ("linux/amd64,linux/arm64"), which are one image then. `target` is a stage, by name or
        number. `secrets` (id → content) are for `RUN --mount=type=secret`; NotHere where that can't be.

        Raises BuildError and its kin for what the learner wrote, EngineError for what the engine did.
        """
        folder = folder or self.folder
        given, hidden = sorted((buildargs or {}).items()), sorted((secrets or {}).items())
        key = repr((str(folder), given, fresh, platform, target, hidden))
        if key not in self._builds:
            what = building.What(folder, dict(given), bool(fresh), platform, target, dict(hidden))
            self._builds[key] = self._build(what)
        found = self._builds[key]
        if isinstance(found, BuildError):
            raise found
        return found

    def variant(self, name: str, files: Mapping[str, bytes]) -> Path:
        """A copy of the folder in which `files` (path → content) are put in place, named `name`."""
        copy = self.folder.parent / name / self.folder.name
        vary(self.folder, copy, files)
        return copy

    def _build(self, what: building.What) -> Built | BuildError:
        tag = f"{self.name}:{len(self._builds) + 1}"
        self._undo.append((_LAST, functools.partial(self._remove_image, tag)))
        with self.steps.step("Build the image") as step:
            try:
                made_build = building.build(
                    self, what, tag, on_update=lambda update: step.update(note=building.now(update))
                )
            except BuildError as error:
                return error
        return Built(tag, made_build)

    # Running ----------------------------------------------------------------------------------------

    def run(self, image: str, command: list[str] | None = None, **more: Any) -> Running:
        """Starts a container of `image` within the limits, on the attempt's own network.

        `more` are docker-py's arguments. Raises NotStarted where the image is to blame.
        """
        with self.steps.step("Start a container"):
            return self.start(self.create(image, command, **more))

    def start(self, container: Container) -> Running:
        """Starts a container that `create` made. Raises NotStarted where the image is to blame."""
        running = Running(self.client, container, self.limits)
        self._watch_disk(running)
        try:
            container.start()
        except APIError as error:
            raise start_error(error) from error
        return running

    def disk_guard(self, stop: Callable[[], None]) -> DiskGuard:
        """A guard over the disk that holds the engine's files, for what happens from now on."""
        # A socket may lead to an engine in a virtual machine; its folder then isn't here, or isn't its own.
        here = local_free(self.info.get("DockerRootDir", "")) if _is_here(self.info) else None
        interval = INTERVAL if here else REMOTE_INTERVAL
        return DiskGuard(here or self.cage.free, self.limits.disk, stop, interval=interval)

    def _watch_disk(self, running: Running) -> None:
        """From the first container on, one that writes too much is killed."""
        with self._watch_lock:  # a rule may start several side by side
            self._watched.append(running)
            if len(self._watched) > 1:
                return
        guard = self.disk_guard(self._kill_the_overfull)
        guard.__enter__()
        self._undo.append((_BEFORE, lambda: guard.__exit__(None, None, None)))

    def create(self, image: str, command: list[str] | None = None, **more: Any) -> Container:
        """The same container, not started."""
        options = {
            **self.limits.host_config(),
            "network": self.network,
            "labels": self.labels,
            "detach": True,
        } | more
        try:
            return self.client.containers.create(image, command, name=self.own_name(), **options)
        except APIError as error:
            raise start_error(error) from error

    def own_name(self) -> str:
        """A name for a container; whatever gets it will be removed."""
        name = f"{self.name}-{next(self._runs)}"
        self._undo.append((_FIRST, functools.partial(self._remove_container, name)))
        return name

    @property
    def network(self) -> str:
        """A network of the attempt's own, without a way out."""
        with self._network_lock:
            return self._network

    @functools.cached_property
    def _network(self) -> str:
        self._undo.append((_LAST, functools.partial(self._remove_network, self.name)))
        self.client.networks.create(
            self.name, driver="bridge", internal=True, labels=made("network") | self.marks
        )
        return self.name

    def volume(self) -> str:
        """A new named volume, empty, that nobody else has; removed with the attempt's containers gone."""
        name = f"{self.name}-{next(self._runs)}"
        self._undo.append((_LAST, functools.partial(self._remove_volume, name)))
        self.client.volumes.create(name, labels=made("volume") | self.marks)
        return name

    @property
    def cage(self) -> Cage:
        """The attempt's own container, from which builds are limited and probes start."""
        with self._cage_lock:  # `ahead` may be starting it in its thread
            return self._cage

    @functools.cached_property
    def _cage(self) -> Cage:
        name = f"{self.name}-cage"
        network = self.network
        self._undo.append((_FIRST, functools.partial(self._remove_container, name)))
        return cage.create(self.client, name, network, self.limits, self.marks)

    @contextlib.contextmanager
    def ahead(self) -> Iterator[None]:
        """Starts the cage while what is inside goes on, so that the first probe needn't wait for it."""
        with ThreadPoolExecutor(1, "cage") as pool:
            pool.submit(lambda: self.cage)  # its error is met again by whoever needs it
            yield

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first call; rules that share a container name it so."""
        if key not in self._shared:
            self._shared[key] = make()
        found: T = self._shared[key]
        return found

    def _kill_the_overfull(self) -> None:
        for running in self._watched:
            running.kill_if_overfull()

    # Cleaning ---------------------------------------------------------------------------------------

    def _remove_container(self, name: str) -> None:
        with contextlib.suppress(NotFound):
            self.client.api.remove_container(name, force=True, v=True)

    def _remove_network(self, name: str) -> None:
        for network in self.client.networks.list(names=[name]):
            if network.name == name:
                network.remove()

    def _remove_volume(self, name: str) -> None:
        with contextlib.suppress(NotFound):
            self.client.api.remove_volume(name, force=True)

    def _remove_image(self, tag: str) -> None:
        with contextlib.suppress(NotFound):
            self.client.api.remove_image(tag, force=True)


def _is_here(info: Mapping[str, Any]) -> bool:
    return str(info.get("KernelVersion", "")) == platform.release()


def _quietly(step: Callable[[], None]) -> None:
    with contextlib.suppress(*WIRE_ERRORS):  # an engine that is gone has nothing to clean
        step()

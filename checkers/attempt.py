"""One attempt at an exercise: a learner's folder that is built, run and probed, each at most once, and
always cleaned up.

    with Attempt(client, folder) as attempt:
        built = attempt.build()
        running = attempt.run(built)
        answer = http.get(attempt.cage, f"http://{running.name}:8000/")
"""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import docker
from docker.errors import APIError
from docker.models.containers import Container

from checkers import building, cage
from checkers.abandoned import ATTEMPT, NAME
from checkers.answer import Answer
from checkers.belongings import Belongings
from checkers.cage import Cage
from checkers.disk import INTERVAL, REMOTE_INTERVAL, DiskGuard, local_free
from checkers.folder import read_text
from checkers.interrupts import Stop, uninterrupted
from checkers.limits import DEFAULT, Limits
from checkers.running import Running, begin, start_error
from course.archive import read_image
from course.engine.labels import PREFIX, made
from course.engine.makers import made_by
from course.errors import BuildError
from course.layers import Image
from course.steps import SILENT, Steps
from course.trace import Build

T = TypeVar("T")
PROCESS = f"{PREFIX}.check.process"
"""The label with the number of the process that makes an attempt."""


@dataclass(frozen=True)
class Built:
    """An image of this attempt."""

    tag: str
    build: Build


class Attempt(Answer):
    """See the module. What it makes carries a random name; two attempts never meet."""

    def __init__(
        self,
        client: docker.DockerClient,
        folder: Path,
        *,
        limits: Limits = DEFAULT,
        steps: Steps = SILENT,
        word: str = "",
        stop: Stop | None = None,
        house: Attempt | None = None,
    ) -> None:
        """`house` is an attempt whose network and cage this one uses, and leaves there: the build cache knows
        a RUN by its control group, too, so only builds beneath one cage find each other's."""
        super().__init__(folder, limits)
        self.client, self.steps = client, steps
        self.name = f"{NAME}{uuid.uuid4().hex[:12]}"
        # That no earlier attempt, and nobody's cache, can know: only one that goes on from another has its.
        self.word = word or uuid.uuid4().hex[:8]
        self.stop = stop or Stop()
        self._house = house
        self.owns = Belongings(client, self.name)
        self._builds: dict[str, Built | BuildError] = {}
        self._cancels: list[Callable[[], None]] = []
        self._build_lock, self._watch_lock = threading.RLock(), threading.Lock()
        self._runs = itertools.count(1)
        self._watched: list[Running] = []
        self._shared: dict[str, Any] = {}
        self._shared_locks: dict[str, threading.RLock] = {}

    def __enter__(self) -> Attempt:
        self.owns.last(self.discard)
        try:
            self.copy()
        except BaseException:
            self.close()
            raise
        self.stop.at(self.abort)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def abort(self) -> None:
        """Takes away what the attempt waits for, its builds and containers, from any thread and at once."""
        for cancel in list(self._cancels):
            cancel()
        self.owns.take_away()

    def can_cancel(self, cancel: Callable[[], None]) -> None:
        """Has `cancel` called, which ends a build, if the attempt is to end before the build does."""
        self._cancels.append(cancel)
        if self.stop.asked:
            cancel()

    def close(self) -> None:
        """Removes all that the attempt made. A second Ctrl-C waits until it is done."""
        with uninterrupted():
            self.owns.remove(swept=self.stop.asked)

    # What the engine is -----------------------------------------------------------------------------

    @property
    def info(self) -> dict[str, Any]:
        """The engine's own description."""
        return self._once("info of the engine", lambda: dict(self.client.info()))

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
        name several ("linux/amd64,linux/arm64"), which are one image then. `target` is a stage's
        name. `secrets` (id → content) are for `RUN --mount=type=secret`; NotHere where that can't be.

        Raises BuildError and its kin for what the learner wrote, EngineError for what the engine did.
        """
        what = building.What(
            folder or self._folder,
            dict(sorted((buildargs or {}).items())),
            bool(fresh),
            platform,
            target,
            dict(sorted((secrets or {}).items())),
        )
        if self._notes:
            self._notes.image(what, self._folder)
        return self.build_what(what, fresh)

    def build_what(self, what: building.What, fresh: str = "") -> Built:
        """The same for who has it all in one."""
        key = repr((what, fresh))
        with self._build_lock:  # one at a time: the limits of the cage are those of one build
            if key not in self._builds:
                self.stop.check()
                self._builds[key] = self._build(what)
            found = self._builds[key]
        if isinstance(found, BuildError):
            raise found
        return found

    def layers(self) -> Image:
        """The image of the folder with all its layers read, and without what says how it starts: who looks at
        no more than this needn't look again when only that has changed."""
        what = building.What(self._folder)
        if self._notes:
            self._notes.image(what, self._folder, layers_only=True)
        text = read_text(self._folder, "Dockerfile") or ""
        return replace(self.read(self.build_what(what).tag, text), config={})

    def read(self, tag: str, dockerfile: str) -> Image:
        """An image of the attempt with all its files, read once, also where rules ask side by side."""
        key = f"files of {tag} by {dockerfile}"
        return self._once(key, lambda: read_image(self.client, tag, dockerfile=dockerfile))

    def _build(self, what: building.What) -> Built | BuildError:
        tag = f"{self.name}:{len(self._builds) + 1}"
        self.owns.image(tag)
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
            begin(container)
        except APIError as error:
            raise start_error(error) from error
        return running

    def disk_guard(self, stop: Callable[[], None]) -> DiskGuard:
        """A guard over the disk that holds the engine's files, for what happens from now on."""
        # A socket may lead to an engine in a virtual machine; its folder then isn't here, or isn't its own.
        same = self.info.get("KernelVersion") == platform.release()
        here = local_free(self.info.get("DockerRootDir", "")) if same else None
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
        self.owns.first(lambda: guard.__exit__(None, None, None))

    def create(self, image: str, command: list[str] | None = None, **more: Any) -> Container:
        """The same container, not started."""
        if self._notes:
            self._notes.runs(image, self.name)
        options = {**self.limits.host_config(), "labels": self.labels, "detach": True} | more
        if "network" not in options:  # who has another place needs none of the attempt's
            options["network"] = self.network
        name = self.own_name()
        try:
            with self.owns.making():
                return self.client.containers.create(image, command, name=name, **options)
        except APIError as error:
            raise start_error(error) from error

    def own_name(self) -> str:
        """A name for a container; whatever gets it will be removed."""
        return self.owns.container(f"{self.name}-{next(self._runs)}")

    @property
    def network(self) -> str:
        """A network of the attempt's own, without a way out."""
        if self._house:
            return self._house.network
        return self._once("network of the attempt", self._new_network)

    def _new_network(self) -> str:
        name = self.owns.network(self.name)
        with self.owns.making():
            self.client.networks.create(
                name, driver="bridge", internal=True, labels=made("network") | self.marks
            )
        return name

    def volume(self) -> str:
        """A new named volume, empty, that nobody else has; removed with the attempt's containers gone."""
        name = self.owns.volume(f"{self.name}-{next(self._runs)}")
        with self.owns.making():
            self.client.volumes.create(name, labels=made("volume") | self.marks)
        return name

    @property
    def cage(self) -> Cage:
        """The attempt's own container, from which builds are limited and probes start."""
        if self._house:
            return self._house.cage
        return self._once("cage", self._new_cage)  # `ahead` may be starting it in its thread

    def _new_cage(self) -> Cage:
        network, name = self.network, self.owns.container(f"{self.name}-cage")
        with self.owns.making():
            return cage.create(self.client, name, network, self.limits, self.marks)

    @contextlib.contextmanager
    def ahead(self) -> Iterator[None]:
        """Starts the cage while what is inside goes on, so that the first probe needn't wait for it."""
        with ThreadPoolExecutor(1, "cage") as pool:
            pool.submit(lambda: self.cage)  # its error is met again by whoever needs it
            yield

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first call; rules that share a container name it so."""
        if self._notes:
            self._notes.shares(key)
        return self._once(f"rule: {key}", make)

    def _once(self, key: str, make: Callable[[], T]) -> T:
        with self._shared_locks.setdefault(key, threading.RLock()):
            if key not in self._shared:
                self._shared[key] = make()
            found: T = self._shared[key]
            return found

    def _kill_the_overfull(self) -> None:
        for running in self._watched:
            running.kill_if_overfull()

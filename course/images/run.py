"""One run that brings missing images: which sources answer, what to build as stand-ins, in which order."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress

import docker

from course.engine.failures import WIRE_ERRORS
from course.errors import CertificateRejected, PullFailed, RateLimited, RegistryUnreachable, UnknownTag
from course.images.bundle import Bundle, Bundled, default_bundle
from course.images.catalogue import BaseImage, catalogue
from course.images.pull import from_home, from_mirror, mirror, registry_of
from course.images.record import Brought, How, Record
from course.images.standins import Kitchen
from course.images.status import Found, present
from course.paths import paths
from course.steps import Step, Steps


class Run:
    """One call of `ensure`, and what it has learnt about the sources."""

    def __init__(
        self,
        client: docker.DockerClient,
        steps: Steps,
        allow_stand_ins: bool,
        there: Mapping[str, Found],
        stack: ExitStack,
    ) -> None:
        self._client, self._steps, self._allow_stand_ins = client, steps, allow_stand_ins
        self._there = dict(there)
        self._stack = stack
        self._down: dict[str, PullFailed] = {}
        self._bundle = _open_bundle(stack)
        self._bundle_lock = threading.Lock()
        self._cuts: list[Callable[[], None]] = []
        self._stopped = False
        self._record = stack.enter_context(Record(client))

    def bring(self, images: list[BaseImage], jobs: int) -> tuple[Brought, ...]:
        """Brings `images`, `jobs` at a time; but one of each registry alone, to learn which ones answer."""
        if not images:
            return ()
        scouts: dict[str, BaseImage] = {}
        for image in sorted(images, key=lambda image: image.real_bytes):
            scouts.setdefault(registry_of(image.name), image)
        brought: dict[str, Brought | None] = {image.name: self._fetched(image) for image in scouts.values()}
        with ThreadPoolExecutor(jobs, thread_name_prefix="images") as pool:
            try:
                rest = [image for image in images if image.name not in brought]
                for image, found in zip(rest, pool.map(self._fetched, rest), strict=True):
                    brought[image.name] = found
                lacking = [image for image in images if brought[image.name] is None]
                if lacking:
                    brought.update(self._stand_ins(lacking, pool))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._stop()
                raise
        return tuple(found for found in brought.values() if found)

    def _started(self, cut: Callable[[], None]) -> None:
        """A pull or build begins, and `cut` ends it. Once the run has stopped, none begins."""
        self._cuts.append(cut)
        if self._stopped:  # looked at last: `_stop` may be going through the cuts at this moment
            raise CancelledError

    def _stop(self) -> None:
        self._stopped = True
        for cut in list(self._cuts):
            cut()

    # --- real images

    def _fetched(self, image: BaseImage) -> Brought | None:
        """From the first source that has it. None where a stand-in must do; else raises the reason."""
        began = time.monotonic()
        reasons: list[PullFailed] = []
        for place, how, fetch in self._sources(image):
            if place in self._down:
                reasons.append(self._down[place])
                continue
            try:
                with self._steps.step(f"{image.name} from {place}", unit="bytes") as step:
                    fetch(step)
            except PullFailed as error:
                reasons.append(error)
                self._learn(place, error)
                continue
            self._there.update(present(self._client, [image.name]))
            return self._record.write(image.name, how, began)
        if self._allow_stand_ins:
            return None
        # A mirror that can't be reached says more than a registry that can't either, or has no such image.
        raise next((one for one in reasons if not isinstance(one, UnknownTag)), reasons[-1])

    def _sources(self, image: BaseImage) -> Iterator[tuple[str, How, Callable[[Step], None]]]:
        name = image.name
        if place := mirror():
            yield (
                place,
                "pulled",
                lambda step: from_mirror(
                    self._client,
                    name,
                    place,
                    step,
                    stand_ins=self._allow_stand_ins,
                    on_start=self._started,
                ),
            )
        if self._bundle and any(one.name == name for one in self._usable(self._bundle)):
            yield str(self._bundle.path), "loaded", lambda step: self._load(name, step)
        yield (
            registry_of(name),
            "pulled",
            lambda step: from_home(self._client, name, step, on_start=self._started),
        )

    def _usable(self, bundle: Bundle) -> list[Bundled]:
        return [one for one in bundle.images if self._allow_stand_ins or not one.stand_in]

    def _load(self, name: str, step: Step) -> None:
        assert self._bundle is not None  # noqa: S101  or it would be no source
        with self._bundle_lock:
            self._bundle.load(self._client, [name], step)

    def _learn(self, place: str, error: PullFailed) -> None:
        if not isinstance(error, RateLimited | RegistryUnreachable | CertificateRejected):
            return  # about this image alone
        if place not in self._down:
            self._down[place] = error
            self._steps.note(str(error))

    # --- stand-ins

    def _stand_ins(self, images: list[BaseImage], pool: ThreadPoolExecutor) -> dict[str, Brought]:
        kitchen = Kitchen(self._client, paths().cache / "images")
        self._steps.note(f"Building stand-ins: {', '.join(image.name for image in images)}")
        futures: dict[str, Future[tuple[str, Brought | None]]] = {}
        for image in self._with_bases(images):
            # A base comes before what is built on it, here and in the pool's queue: nobody waits for ever.
            base = futures.get(image.recipe.base)
            futures[image.name] = pool.submit(self._cook, kitchen, image, base)
        wait(futures.values())
        return {name: brought for name, future in futures.items() if (brought := future.result()[1])}

    def _with_bases(self, images: list[BaseImage]) -> list[BaseImage]:
        """`images`, and what they are built on where the engine has no stand-in of it, in catalogue order."""
        needed = {image.name for image in images}
        for image in reversed(catalogue()):
            base = image.recipe.base
            if image.name in needed and base and not (base in self._there and self._there[base].stand_in):
                needed.add(base)
        return [image for image in catalogue() if image.name in needed]

    def _cook(
        self, kitchen: Kitchen, image: BaseImage, base: Future[tuple[str, Brought | None]] | None
    ) -> tuple[str, Brought | None]:
        """Builds one stand-in and returns the tag it got."""
        began = time.monotonic()
        base_tag = base.result()[0] if base else image.recipe.base
        real_one_there = image.name in self._there
        tag = self._private_tag(image) if real_one_there else image.name
        with self._steps.step(f"{image.name}: building a stand-in") as step:
            kitchen.make(image, step, tag=tag, base=base_tag, on_start=self._started)
        return tag, None if real_one_there else self._record.write(image.name, "stand-in", began)

    def _private_tag(self, image: BaseImage) -> str:
        """A tag for a base whose real name is taken by the real image; it goes when the run is over.

        Stand-ins are built on stand-ins only: their packages fit no other state of Debian.
        """
        tag = f"docker-notebook-course/base:{image.recipe.folder}-{os.getpid()}"

        def remove() -> None:
            with suppress(*WIRE_ERRORS):
                self._client.api.remove_image(tag, noprune=True)

        self._stack.callback(remove)
        return tag


def _open_bundle(stack: ExitStack) -> Bundle | None:
    path = default_bundle()
    return stack.enter_context(Bundle(path)) if path else None

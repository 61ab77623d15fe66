"""A registry for one check that a learner's scripts push to: the real program, with nothing in it at first.

Like the other one, it is published on a free port of the engine's own loopback address.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docker.errors import APIError, NotFound

from checkers.attempt import Attempt
from checkers.registry import published
from checkers.running import Running
from course.engine.listing import list_images
from course.errors import EngineError
from course.registries import Store, read_store

IMAGE = "registry:2"
_PORT = 5000
_READY_SECONDS = 20.0
_DEEPEST = 6  # parts of a repository's name


class Shop:
    """See the module. It has been started; `ready` waits for it."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._running: Running = attempt.run(
            IMAGE, network="bridge", ports={f"{_PORT}/tcp": ("127.0.0.1", None)}
        )
        self.host = f"127.0.0.1:{published(self._running, _PORT)}"

    def ready(self) -> None:
        """Returns when the engine reaches it. Raises EngineError if it doesn't."""
        if not self._running.until(lambda: "listening on" in self._running.logs(), _READY_SECONDS):
            raise EngineError("The check's registry did not start.", detail=self._running.logs())
        api: Any = self._attempt.client.api  # docker-py leaves this method untyped
        try:  # an engine in a network of its own, as a rootless one, has another loopback
            api.inspect_distribution(f"{self.host}/nothing:1")
        except APIError as error:
            if "dial tcp" in str(error.explanation):
                raise EngineError(
                    "The engine does not reach a registry on its own loopback address.",
                    hint="A rootless engine is such a one: this exercise needs another.",
                    detail=str(error.explanation),
                ) from error

    @property
    def store(self) -> Store:
        """What it keeps now, read from its own folder."""
        return read_store(self._running.container)

    def move(self, tags: Iterable[str], image: str) -> None:
        """From now on the tags ("shop/app:1") lead to `image`, one that the engine has."""
        client = self._attempt.client
        for tag in tags:
            repository, _, word = f"{self.host}/{tag}".rpartition(":")
            self._attempt.owns.image(f"{repository}:{word}")
            client.images.get(image).tag(repository, word)
            said = list(client.images.push(repository, word, stream=True, decode=True))
            if errors := [line["error"] for line in said if "error" in line]:
                raise EngineError("The check's registry refused an image.", detail=errors[0])

    def forget(self) -> None:
        """Takes from the engine what has this registry's name: the next pull has to come from there."""
        client = self._attempt.client
        # By name: the containerd store reads each image that it lists. A star stands for one part of a path.
        patterns = [f"{self.host}/{'/'.join('*' * depth)}" for depth in range(1, _DEEPEST + 1)]
        for image in list_images(client.api, filters={"reference": patterns}):
            names = [*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ())]
            for name in names:
                if name.startswith(f"{self.host}/"):
                    try:
                        client.api.remove_image(name, force=True)
                    except NotFound:  # it went with another of its names
                        continue

"""Writes down what images the course brought, so that `course reset --all` can take them away again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import docker

from course.engine.failures import engine_errors
from course.engine.gateway.side import name_of_engine
from course.engine.ledger import Ledger

How = Literal["pulled", "loaded", "stand-in"]


@dataclass(frozen=True)
class Brought:
    """An image that was missing and is there now."""

    name: str
    how: How
    seconds: float


class Record:
    """The ledger's page for one engine. Use it in a `with`; safe for several threads."""

    def __init__(self, client: docker.DockerClient) -> None:
        """Raises EngineError."""
        self._client = client
        with engine_errors():
            self._engine = name_of_engine(client.info())
        self._ledger = Ledger()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        self._ledger.close()

    def write(self, name: str, how: How, began: float) -> Brought:
        """Notes the image `name`, whose bringing began at `time.monotonic()` `began`."""
        with engine_errors():
            image_id = str(self._client.images.get(name).id)
        # The gateway, if it is between, has noted the same image as built or pulled by a lesson.
        self._ledger.forget(self._engine, "image", name=name)
        self._ledger.note(self._engine, "image", name, image_id, how)
        return Brought(name, how, time.monotonic() - began)

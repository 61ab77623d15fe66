"""A project of somebody's own, as an attempt: copied, built, run and always cleaned up, with more room."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import docker

from checkers.attempt import Attempt
from checkers.building import What
from checkers.folder import copy_sent
from checkers.interrupts import Stop
from checkers.limits import REVIEW
from course.steps import SILENT, Steps

PATIENCE = 10
"""Seconds that `docker stop` waits before it kills: its own default."""


@dataclass(frozen=True)
class Asked:
    """What a review was asked for."""

    dockerfile: str = "Dockerfile"  # relative to the folder
    target: str = ""
    buildargs: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)  # of the container
    run: bool = True
    network: bool = True  # of the build; a container never has a way out


class Project(Attempt):
    """An attempt with what a build of the folder is given. The folder itself is only read."""

    def __init__(
        self,
        client: docker.DockerClient,
        folder: Path,
        asked: Asked,
        *,
        steps: Steps = SILENT,
        stop: Stop | None = None,
    ) -> None:
        cpus = min(REVIEW.cpus, float(client.info().get("NCPU") or 1))
        super().__init__(
            client, folder, limits=dataclasses.replace(REVIEW, cpus=cpus), steps=steps, stop=stop
        )
        self.asked = asked

    def _copy(self, source: Path) -> None:
        copy_sent(source, self._folder, self.asked.dockerfile, self.limits)

    def quiet(self) -> Self:
        """The same project, whose helpers' containers nobody needs to hear of."""
        view = copy.copy(self)
        view.steps = SILENT
        return view

    def what(self, folder: Path | None = None) -> What:
        """What to build: the copy, or a variant of it."""
        return What(
            folder or self._folder,
            dict(sorted(self.asked.buildargs.items())),
            target=self.asked.target,
            dockerfile=self.asked.dockerfile,
            network="default" if self.asked.network else "none",
        )

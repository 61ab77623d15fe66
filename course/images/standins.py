"""Builds stand-ins: images that do what the lessons need from a real one, where no registry can be reached.

Each comes from a Dockerfile under standins/ and from packages that the host's apt fetched and verified. The
engine does the building; no build needs a network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import docker

from course.build import build
from course.engine.labels import STAND_IN
from course.errors import BuildError, StandInFailed
from course.images.catalogue import HERE, BaseImage, Recipe, find
from course.images.debs import Archive, debian_arch
from course.images.wheels import fetch_wheel
from course.steps import Step

FOLDER = HERE / "standins"
_VERSION = re.compile(r"\{version:([^}]+)\}")
_TIMEOUT = 600.0  # seconds for one build; the slowest takes under a minute on two cores


class Kitchen:
    """Makes stand-ins for one engine. `make` may be called from several threads."""

    def __init__(self, client: docker.DockerClient, cache: Path) -> None:
        """`cache` is a folder that keeps packages and wheels. Raises StandInFailed if the host has no apt."""
        self._client = client
        self._cache = cache
        self._archive = Archive(cache / "debian", debian_arch(str(client.version()["Arch"])))
        self._apt = threading.Lock()  # apt locks its folder, and gives up at once when it is taken

    def make(
        self,
        image: BaseImage,
        step: Step,
        *,
        tag: str = "",
        base: str = "",
        on_start: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        """Builds the stand-in for `image` under `tag` (its real name by default), on the image `base`.
        `on_start` is handed a function that cancels the build from another thread.

        Raises StandInFailed, or EngineGone.
        """
        recipe = image.recipe
        if recipe.only and self._archive.arch not in recipe.only:
            raise StandInFailed(
                f"There is no stand-in for {image.name} on {self._archive.arch}.",
                hint="Get the real image: from a registry, or with course images load FILE",
            )
        self._cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="course-", dir=self._cache) as folder:
            context = Path(folder) / "context"
            step.update(note="fetching packages")
            args = self._lay_out(recipe, context)
            if recipe.base:
                args["BASE"] = base or recipe.base
            try:
                build(
                    self._client,
                    context,
                    tag=tag or image.name,
                    buildargs=args,
                    labels=stand_in_labels(image),
                    network="none",
                    timeout=_TIMEOUT,
                    on_start=on_start,
                    on_update=lambda state: step.update(note=_under_way(state.vertices)),
                )
            except BuildError as error:
                raise StandInFailed(
                    f"The stand-in for {image.name} could not be built: {error}",
                    hint="Is the disk full? Run: course doctor",
                    detail=error.detail,
                ) from error

    def _lay_out(self, recipe: Recipe, context: Path) -> dict[str, str]:
        """Fills `context` and returns the build arguments."""
        shutil.copytree(FOLDER / recipe.folder, context)
        shutil.copytree(FOLDER / "shared", context / "shared")
        (context / "debian.sources").write_text(self._archive.mirror.sources(), encoding="utf-8")
        with self._apt:
            if recipe.packages:
                self._add_packages(recipe, context / "debs")
            if recipe.trees:
                debs = self._archive.files(recipe.trees)
                for package in recipe.trees:
                    _unpack(debs[package], context / "trees" / package)
            args = {name: self._fill(value) for name, value in recipe.args.items()}
        if recipe.wheel:
            wheel = fetch_wheel(
                FOLDER / "wheels.txt", recipe.wheel, self._archive.arch, self._cache / "wheels"
            )
            _link(wheel, context / "wheel.zip")
        return args

    def _add_packages(self, recipe: Recipe, debs: Path) -> None:
        debs.mkdir()
        there = set(self._archive.files(find(recipe.base).recipe.packages)) if recipe.base else set()
        for name, path in self._archive.files(recipe.packages).items():
            if name not in there:
                _link(path, debs / path.name)

    def _fill(self, value: str) -> str:
        return _VERSION.sub(lambda match: upstream_version(self._archive.version(match[1])), value)


def stand_in_labels(image: BaseImage) -> dict[str, str]:
    """The labels that a stand-in carries. It has no label that `course reset` goes by: a lesson's reset must
    not take the base images; the ledger knows them, for `course reset --all`.
    """
    return {
        STAND_IN: image.name,
        "org.opencontainers.image.title": f"stand-in for {image.name}",
        "org.opencontainers.image.description": "Made by the Docker course from Debian packages, "
        f"because no registry could be reached. It is not the image that is published as {image.name}.",
    }


def upstream_version(debian: str) -> str:
    """1:3.13.5-2+deb13u5 → 3.13.5"""
    version = debian.partition(":")[2] or debian
    version = version.rpartition("-")[0] or version
    return re.split(r"[+~]", version)[0]


def _unpack(deb: Path, folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    # -R: with the control files, from which an image without dpkg gets its record of packages.
    subprocess.run(["dpkg-deb", "-R", str(deb), str(folder)], check=True, capture_output=True)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _under_way(vertices: Iterable[Any]) -> str:
    """What the build is at, in a few words; `vertices` are course.trace's."""
    running = [vertex for vertex in vertices if vertex.intervals and vertex.intervals[-1][1] is None]
    return (running[-1].instruction or running[-1].name)[:60] if running else ""

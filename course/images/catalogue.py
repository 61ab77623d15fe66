"""The catalogue of base images, read from catalogue.toml beside this file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

from course.errors import ImageError

HERE = Path(__file__).resolve().parent
_CHAPTER = re.compile(r"\d\d")
T = TypeVar("T")


@dataclass(frozen=True)
class Recipe:
    """What a stand-in is made of; the terms are explained at the top of catalogue.toml."""

    folder: str
    base: str = ""
    packages: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()
    wheel: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class BaseImage:
    """A base image that lessons and exercises name."""

    name: str  # python:3.13-slim, as a Dockerfile says it
    about: str
    used_by: tuple[str, ...]  # chapters "02" and exercises "02-from-scratch"
    real_bytes: int  # of the real image unpacked on amd64, roughly
    recipe: Recipe

    @property
    def chapters(self) -> frozenset[str]:
        """The chapters that need it, also for their exercises: {"00", "02"}."""
        return frozenset(user[:2] for user in self.used_by)


def catalogue() -> tuple[BaseImage, ...]:
    """All base images; one that another's stand-in is built on comes before it.

    COURSE_CATALOGUE names another file of the same form, for a class that needs other images.
    Raises ImageError for a file that can't be read or contradicts itself.
    """
    path = Path(os.environ.get("COURSE_CATALOGUE") or HERE / "catalogue.toml")
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ImageError(f"The catalogue {path} cannot be read: {error}") from error


@cache
def parse(text: str) -> tuple[BaseImage, ...]:
    """The images in a catalogue's text. Raises ImageError for one that contradicts itself."""
    images = tuple(_image(name, table) for name, table in tomllib.loads(text).items())
    known: set[str] = set()
    for image in images:
        if image.recipe.base and image.recipe.base not in known:
            raise ImageError(f"The catalogue must name {image.recipe.base} before {image.name}.")
        known.add(image.name)
    return images


def find(name: str) -> BaseImage:
    """The catalogue's entry for `name`. Raises ImageError, which names all there are."""
    for image in catalogue():
        if name == image.name:
            return image
    raise ImageError(
        f"{name} is not in the catalogue.",
        hint="The course knows: " + ", ".join(image.name for image in catalogue()),
    )


def for_chapters(chapters: Iterable[str]) -> tuple[str, ...]:
    """The names of the images that these chapters ("00", "01") and their exercises need. No chapter: all."""
    wanted = {chapter[:2] for chapter in chapters}
    return tuple(image.name for image in catalogue() if not wanted or wanted & image.chapters)


def _image(name: str, table: dict[str, object]) -> BaseImage:
    fields = _Fields(name, dict(table))
    image = BaseImage(
        name=name,
        about=fields.take("about", str),
        used_by=fields.texts("used_by"),
        real_bytes=fields.take("real_bytes", int),
        recipe=Recipe(
            folder=fields.take("stand_in", str),
            base=fields.take("base", str, ""),
            packages=fields.texts("packages", []),
            trees=fields.texts("trees", []),
            wheel=fields.take("wheel", str, ""),
            args={str(key): str(value) for key, value in fields.take("args", dict, {}).items()},
            only=fields.texts("only", []),
        ),
    )
    fields.finish()
    if not all(_CHAPTER.match(user) for user in image.used_by):
        raise fields.wrong("used_by names chapters and exercises")
    if ":" not in name:
        raise fields.wrong("the name must have a tag")
    return image


class _Fields:
    """A table of the catalogue, emptied field by field."""

    def __init__(self, image: str, table: dict[str, object]) -> None:
        self._image, self._table = image, table

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        value = self._table.pop(key, default)
        if not isinstance(value, kind):
            raise self.wrong(
                f"{key} is missing" if value is None else f"{key} must be of type {kind.__name__}"
            )
        return value

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        return tuple(str(one) for one in self.take(key, list, default))

    def finish(self) -> None:
        if self._table:
            raise self.wrong(f"unknown key {', '.join(self._table)}")

    def wrong(self, what: str) -> ImageError:
        return ImageError(f"The catalogue says of {self._image}: {what}.")

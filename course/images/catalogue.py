"""The catalogue of base images, read from catalogue.toml beside this file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from course.errors import ImageError

HERE = Path(__file__).resolve().parent
_CHAPTER = re.compile(r"\d\d")


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
    """All base images; one that another's stand-in is built on comes before it."""
    return parse((HERE / "catalogue.toml").read_text(encoding="utf-8"))


@cache
def parse(text: str) -> tuple[BaseImage, ...]:
    """The images in a catalogue's text. Raises ImageError for one that contradicts itself."""
    images = tuple(_image(name, table) for name, table in tomllib.loads(text).items())
    known: set[str] = set()
    for image in images:
        if image.recipe.base and image.recipe.base not in known:
            raise ImageError(f"catalogue.toml: {image.recipe.base} must come before {image.name}.")
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
    try:
        image = BaseImage(
            name=name,
            about=_text(table.pop("about")),
            used_by=_texts(table.pop("used_by")),
            real_bytes=int(_text(table.pop("real_bytes"), int)),
            recipe=Recipe(
                folder=_text(table.pop("stand_in")),
                base=_text(table.pop("base", "")),
                packages=_texts(table.pop("packages", [])),
                trees=_texts(table.pop("trees", [])),
                wheel=_text(table.pop("wheel", "")),
                args=_table(table.pop("args", {})),
                only=_texts(table.pop("only", [])),
            ),
        )
    except (KeyError, TypeError) as error:
        raise ImageError(f"catalogue.toml: {name}: {error}") from error
    if table:
        raise ImageError(f"catalogue.toml: {name}: unknown key {', '.join(table)}")
    if not all(_CHAPTER.match(user) for user in image.used_by):
        raise ImageError(f"catalogue.toml: {name}: used_by names chapters and exercises")
    if ":" not in name:
        raise ImageError(f"catalogue.toml: {name} must name its tag")
    return image


def _text(value: object, kind: type = str) -> str:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} should be of type {kind.__name__}")
    return str(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} should be a list")
    return tuple(_text(one) for one in value)


def _table(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} should be a table")
    return {str(key): _text(one) for key, one in value.items()}

"""The catalogue agrees with itself, with the stand-ins' folders, and with what is written about them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from course.errors import ImageError
from course.exercises import Exercise, load
from course.images import catalogue, find, for_chapters
from course.images.catalogue import BaseImage, parse
from course.images.standins import FOLDER, stand_in_labels

TEXT = """
["a:1"]
about = "one"
used_by = ["01", "02-do-it"]
real_bytes = 10
stand_in = "alpine"

["b:1"]
about = "two"
used_by = ["03"]
real_bytes = 20
stand_in = "alpine"
base = "a:1"
packages = ["x"]
args = { V = "{version:x}" }
"""


def test_a_catalogue_is_read() -> None:
    first, second = parse(TEXT)
    assert (first.name, first.used_by, first.real_bytes) == ("a:1", ("01", "02-do-it"), 10)
    assert first.chapters == {"01", "02"}
    assert (second.recipe.base, second.recipe.packages) == ("a:1", ("x",))
    assert second.recipe.args == {"V": "{version:x}"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('about = "one"', "", "about"),
        ('about = "one"', "about = 1", "about"),
        ("real_bytes = 10", 'real_bytes = "10"', "real_bytes must be of type int"),
        ('used_by = ["03"]', 'used_by = "03"', "used_by must be of type list"),
        ('used_by = ["03"]', 'used_by = ["three"]', "chapters"),
        ('packages = ["x"]', 'package = ["x"]', "package"),
        ('["a:1"]', '["a"]', "tag"),
        ('base = "a:1"', 'base = "c:1"', "before"),
        ('about = "one"', "about = ", "cannot be read"),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(
    old: str, new: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(TEXT.replace(old, new, 1))
    monkeypatch.setenv("COURSE_CATALOGUE", str(file))
    with pytest.raises(ImageError, match=words):
        catalogue()


def test_another_catalogue_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(TEXT)
    monkeypatch.setenv("COURSE_CATALOGUE", str(file))
    assert [image.name for image in catalogue()] == ["a:1", "b:1"]
    monkeypatch.setenv("COURSE_CATALOGUE", str(tmp_path / "none.toml"))
    with pytest.raises(ImageError, match="cannot be read"):
        catalogue()


def test_the_issue_s_images_are_all_there() -> None:
    named = {image.name for image in catalogue()}
    wanted = {"debian:trixie-slim", "python:3.13-slim", "node:20-slim", "node:20-alpine", "postgres:17"}
    assert wanted | {"registry:2"} <= named
    assert {"busybox", "alpine", "nginx", "redis"} <= {name.split(":")[0] for name in named}


@pytest.mark.parametrize("image", catalogue(), ids=lambda image: image.name)
def test_each_image_has_a_stand_in(image: BaseImage) -> None:
    dockerfile = (FOLDER / image.recipe.folder / "Dockerfile").read_text()
    for arg in image.recipe.args:
        assert re.search(rf"^ARG {arg}$", dockerfile, re.MULTILINE), f"{arg} is given, but nothing takes it"
    if image.recipe.base:
        assert f"ARG BASE={image.recipe.base}\n" in dockerfile
    assert ("wheel.zip" in _texts(image)) == bool(image.recipe.wheel)
    assert ("install-debs.sh" in _texts(image) or image.recipe.folder == "debian") == bool(
        image.recipe.packages
    )
    for tree in re.findall(r"trees/([a-z][a-z0-9.+-]+)", _texts(image)):
        assert tree in image.recipe.trees, f"trees/{tree} is used, but not asked for"


def _texts(image: BaseImage) -> str:
    files = [path for path in (FOLDER / image.recipe.folder).rglob("*") if path.is_file()]
    texts = "".join(path.read_text() for path in files)
    shared = "".join(path.read_text() for path in (FOLDER / "shared").iterdir() if path.name in texts)
    return texts + shared


def test_each_folder_is_some_image_s_stand_in() -> None:
    used = {image.recipe.folder for image in catalogue()} | {"shared"}
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == used


def test_each_image_s_shortcomings_are_written_down() -> None:
    text = (FOLDER / "README.md").read_text()
    for image in catalogue():
        assert image.name.split("/")[-1] in text, image.name


def test_the_labels_of_a_stand_in_say_what_it_is_not() -> None:
    labels = stand_in_labels(find("redis:8"))
    assert labels["org.docker-notebook-course.stand-in"] == "redis:8"
    assert "not the image that is published as redis:8" in labels["org.opencontainers.image.description"]
    # What `course reset` goes by: base images must survive it.
    assert "org.docker-notebook-course.made" not in labels


def test_chapters_choose_images_also_for_their_exercises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(TEXT)
    monkeypatch.setenv("COURSE_CATALOGUE", str(file))
    assert for_chapters(["02"]) == ("a:1",)
    assert for_chapters(["01", "03"]) == ("a:1", "b:1")
    assert for_chapters(["09"]) == ()
    assert for_chapters([]) == ("a:1", "b:1")


@pytest.mark.parametrize("exercise", load(), ids=lambda exercise: exercise.id)
def test_a_chapter_brings_what_its_exercises_need(exercise: Exercise) -> None:
    assert set(exercise.images) <= set(for_chapters([exercise.chapter]))


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ImageError) as caught:
        find("python:2")
    assert "python:3.13-slim" in caught.value.hint

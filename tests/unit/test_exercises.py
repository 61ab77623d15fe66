from __future__ import annotations

from pathlib import Path

import pytest

from course import exercises
from course.errors import InputError, ManifestError, NoWorkingCopy, UnknownExercise

ENTRY = """\
[[exercise]]
id = "{id}"
title = "A title"
minutes = 5
images = ["busybox:1.37"]
misconceptions = ["M02"]
hints = ["one", "two"]
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with two exercises."""
    folder = tmp_path / "exercises"
    for name in ("03-first", "03-second"):
        (folder / name / "starter").mkdir(parents=True)
        (folder / name / "solution").mkdir()
        (folder / name / "starter" / "Dockerfile").write_text("FROM scratch\n")
        (folder / name / "task.md").write_text("# Task\n")
    (folder / "exercises.toml").write_text(ENTRY.format(id="03-first") + ENTRY.format(id="03-second"))
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    monkeypatch.delenv("COURSE_WORK", raising=False)
    return tmp_path


def manifest(root: Path) -> Path:
    return root / "exercises" / "exercises.toml"


def test_loads_in_order(root: Path) -> None:
    first, second = exercises.load()
    assert (first.id, first.chapter, first.hints, first.minutes) == ("03-first", "03", ("one", "two"), 5)
    assert second.task == "# Task\n"


BROKEN = {
    "unlisted folder": (lambda root: (root / "exercises" / "03-third").mkdir(), "03-third is not listed"),
    "missing folder": (
        lambda root: manifest(root).write_text(manifest(root).read_text() + ENTRY.format(id="04-none")),
        "04-none has no folder",
    ),
    "listed twice": (
        lambda root: manifest(root).write_text(manifest(root).read_text() + ENTRY.format(id="03-first")),
        "03-first is listed twice",
    ),
    "no task": (lambda root: (root / "exercises/03-first/task.md").unlink(), "03-first has no task.md"),
    "no solution": (lambda root: (root / "exercises/03-first/solution").rmdir(), "03-first has no solution"),
    "no toml": (lambda root: manifest(root).write_text("[[exercise"), "cannot be read"),
    "no manifest": (lambda root: manifest(root).unlink(), "There is no exercises.toml"),
    "bad id": (lambda root: change(root, '"03-first"', '"First"'), "is no exercise id"),
    "no hints": (lambda root: change(root, '["one", "two"]', "[]"), "hints is missing or empty"),
    "an empty hint": (lambda root: change(root, '"two"', '" "'), "a hint is empty"),
    "unknown code": (lambda root: change(root, "M02", "M99"), "M99 are not in the list"),
    "unknown key": (
        lambda root: change(root, "minutes = 5", "minutes = 5\nminute = 5"),
        "unknown keys minute",
    ),
    "an unlisted code of a ladder": (
        lambda root: add(root, '"builds/M03" = ["a", "b"]'),
        "hints_for builds/M03: M03 is none of its misconceptions",
    ),
    "no code after the stroke": (
        lambda root: add(root, '"builds/" = ["a", "b"]'),
        "builds/: nothing is none",
    ),
    "one hint for a check": (lambda root: add(root, 'builds = ["a"]'), "no list of 2 to 4 hints"),
    "five hints for a check": (
        lambda root: add(root, 'builds = ["a", "b", "c", "d", "e"]'),
        "no list of 2 to 4 hints",
    ),
    "an empty hint for a check": (
        lambda root: add(root, 'builds = ["a", " "]'),
        "hints_for builds: a hint is empty",
    ),
    "hints for a check in a string": (lambda root: add(root, 'builds = "ab"'), "no list of 2 to 4 hints"),
    "ladders in no table": (
        lambda root: change(root, "minutes = 5", 'minutes = 5\nhints_for = ["a"]'),
        "hints_for is no table",
    ),
    "wrong kind": (lambda root: change(root, "minutes = 5", 'minutes = "5"'), "minutes is missing"),
}


def add(root: Path, ladder: str) -> None:
    """A ladder for the last exercise."""
    with manifest(root).open("a") as file:
        file.write(f"[exercise.hints_for]\n{ladder}\n")


def change(root: Path, old: str, new: str) -> None:
    text = manifest(root).read_text()
    assert old in text
    manifest(root).write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("name", BROKEN)
def test_a_manifest_that_disagrees_is_an_error(root: Path, name: str) -> None:
    harm, words = BROKEN[name]
    harm(root)
    with pytest.raises(ManifestError, match=words):
        exercises.load()


def test_ladders_for_checks(root: Path) -> None:
    add(root, 'builds = ["a", " b "]\n"answers/M02" = ["c", "d", "e", "f"]')
    first, second = exercises.load()
    assert first.hints_for == {}
    assert second.hints_for == {"builds": ("a", "b"), "answers/M02": ("c", "d", "e", "f")}
    assert len({first, second}) == 2, "an exercise can be a key"


@pytest.mark.parametrize(
    ("wanted", "near"),
    [("03-frist", "03-first"), ("second", "03-second"), ("3-first", "03-first"), ("zzz", "course list")],
)
def test_an_unknown_exercise_names_the_nearest(root: Path, wanted: str, near: str) -> None:
    with pytest.raises(UnknownExercise) as caught:
        exercises.find(wanted)
    assert near in caught.value.hint


def test_start_keeps_what_is_there(root: Path) -> None:
    copy, new = exercises.start("03-first")
    assert (copy, new) == (root / "work" / "03-first", True)
    assert sorted(path.name for path in copy.iterdir()) == ["Dockerfile", "task.md"]
    (copy / "Dockerfile").write_text("mine")
    assert exercises.start("03-first") == (copy, False)
    assert (copy / "Dockerfile").read_text() == "mine"


def test_reset_and_force_put_the_old_copy_aside(root: Path) -> None:
    copy, _ = exercises.start("03-first")
    (copy / "Dockerfile").write_text("first")
    assert exercises.reset("03-first") == copy
    assert (copy / "Dockerfile").read_text() == "FROM scratch\n"
    (copy / "Dockerfile").write_text("second")
    exercises.start("03-first", force=True)
    kept = sorted(path.read_text() for path in (root / "work" / ".old").glob("*/Dockerfile"))
    assert kept == ["first", "second"]


def test_a_missing_copy_says_how_to_get_one(root: Path) -> None:
    with pytest.raises(NoWorkingCopy) as caught:
        exercises.working_copy("03-first")
    assert caught.value.hint == "Run: course start 03-first"
    exercises.start("03-first")
    assert exercises.working_copy("03-first").is_dir()


def test_a_folder_that_cannot_be_written(root: Path) -> None:
    (root / "work").write_text("a file where the folder should be")
    with pytest.raises(InputError, match="cannot be written"):
        exercises.start("03-first")


def test_work_goes_elsewhere(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_WORK", str(root / "mine"))
    assert exercises.start("03-first")[0] == root / "mine" / "03-first"


def test_the_course_s_own_manifest() -> None:
    assert [one.id for one in exercises.load()][:1] == ["01-run-right"]

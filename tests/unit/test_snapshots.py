"""The last passing version: what is kept of it, and what is said to have changed."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from course import exercises, snapshots
from course.errors import UnknownExercise

NAME = "03-first-dockerfile"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    return exercises.start(NAME)[0]


def test_nothing_kept_is_no_difference(copy: Path) -> None:
    assert not snapshots.has_passed(NAME)
    assert snapshots.difference(NAME, copy) == ""
    assert snapshots.difference_to_starter(NAME, copy) == "", "the task beside the starter is no difference"
    with pytest.raises(UnknownExercise):
        snapshots.keep("../03-first-dockerfile", copy)


def test_what_changed_since_the_newest_pass_is_shown(copy: Path) -> None:
    (copy / "Dockerfile").write_text("FROM busybox\nRUN old\n")
    snapshots.keep(NAME, copy)
    (copy / "Dockerfile").write_text("FROM busybox\nRUN one\n")
    (copy / "gone").write_text("x\n")
    snapshots.keep(NAME, copy)
    assert snapshots.difference(NAME, copy) == ""
    (copy / "Dockerfile").write_text("FROM busybox\nRUN two")
    (copy / "gone").unlink()
    (copy / ".dockerignore").write_text(".git\n")
    assert snapshots.difference(NAME, copy).splitlines() == [
        "--- /dev/null",
        "+++ yours/.dockerignore",
        "@@ -0,0 +1 @@",
        "+.git",
        "--- passing/Dockerfile",
        "+++ yours/Dockerfile",
        "@@ -1,2 +1,2 @@",
        " FROM busybox",
        "-RUN one",
        "+RUN two",
        "\\ No newline at end of file",
        "--- passing/gone",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-x",
    ]
    assert "+RUN two" in snapshots.difference_to_starter(NAME, copy)
    assert sorted(path.name for path in (copy.parent / ".passing").iterdir()) == [f".{NAME}.lock", NAME]


def test_a_fresh_start_keeps_the_passing_version(copy: Path) -> None:
    (copy / "Dockerfile").write_text("FROM busybox\n")
    snapshots.keep(NAME, copy)
    fresh = exercises.reset(NAME)
    assert "-FROM busybox" in snapshots.difference(NAME, fresh)


def test_what_is_no_short_text_is_named(copy: Path) -> None:
    (copy / "picture").write_bytes(b"\x89PNG\0")
    (copy / "latin").write_bytes(b"\xe9t\xe9")
    (copy / "large").write_bytes(b"x" * 300_000)
    (copy / "lines").write_bytes(b"x\n" * 90_000)
    snapshots.keep(NAME, copy)
    kept = copy.parent / ".passing" / NAME / "large"
    assert kept.stat().st_blocks * 512 < 100_000, "what can't be shown takes no room"
    assert snapshots.difference(NAME, copy) == ""
    (copy / "picture").write_bytes(b"\x89PNG\0\0")
    (copy / "latin").write_bytes(b"\xe9t")
    (copy / "large").write_bytes(b"x" * 300_001)
    (copy / "lines").write_bytes(b"x\ny\n" * 45_000)
    shown = snapshots.difference(NAME, copy)
    assert shown.count("(no short text: not shown)") == 4
    assert "x" * 100 not in shown


def test_links_are_never_followed_and_odd_names_stay_on_their_line(copy: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret\n")
    snapshots.keep(NAME, copy)
    (copy / "link").symlink_to(secret)
    (copy / "folder").symlink_to(tmp_path)
    (copy / "a\n+++ b\x1b[31m").write_text("")
    (copy / os.fsdecode(b"\xff")).write_text("")
    os.mkfifo(copy / "pipe")
    shown = snapshots.difference(NAME, copy)
    assert "a secret" not in shown
    assert "+link to" in shown
    assert "+++ yours/a\\n+++ b\\x1b[31m\n" in shown
    assert "pipe" not in shown
    shown.encode("utf-8")
    snapshots.keep(NAME, copy)
    assert snapshots.difference(NAME, copy) == ""
    assert (copy.parent / ".passing" / NAME / "link").is_symlink()
    (copy / "link").unlink()
    (copy / "link").symlink_to(copy)
    assert "-link to" in snapshots.difference(NAME, copy)


@pytest.mark.parametrize("folder", [".git", ".ipynb_checkpoints", "__pycache__", "sub/node_modules"])
def test_what_tools_leave_is_no_answer(copy: Path, folder: str) -> None:
    snapshots.keep(NAME, copy)
    (copy / folder).mkdir(parents=True)
    (copy / folder / "left").write_text("x")
    assert snapshots.difference(NAME, copy) == ""


def test_a_folder_of_ten_thousand_files_is_bounded(copy: Path) -> None:
    (copy / "many").mkdir()
    for number in range(2000):
        (copy / "many" / str(number)).touch()
    assert len(snapshots.files(copy)) == 1000


def test_several_may_keep_at_once(copy: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: snapshots.keep(NAME, copy), range(20)))
    assert snapshots.difference(NAME, copy) == ""
    assert sorted(path.name for path in (copy.parent / ".passing").iterdir()) == [f".{NAME}.lock", NAME]

"""What is a save in a learner's folder and what is not, with the ways in which editors write."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checkers.saves import Saves, changed, counts, stamps

SAVED = ["Dockerfile", "app/main.py", ".dockerignore", "node_modules/a/index.js", "a.tmp", "swap.swallow"]
NOT_SAVED = [
    ".Dockerfile.swp", ".Dockerfile.swx", "4913", "Dockerfile~", ".#Dockerfile", "#Dockerfile#",
    ".~Dockerfile", ".git/index", "app/__pycache__/main.pyc", ".ipynb_checkpoints/a.py", ".goutputstream-X1",
    "a/.nfs0001",
]  # fmt: skip


@pytest.mark.parametrize("name", SAVED)
def test_a_save_counts(tmp_path: Path, name: str) -> None:
    assert counts(tmp_path, str(tmp_path / name))


@pytest.mark.parametrize("name", [*NOT_SAVED, "", "../elsewhere"])
def test_what_tools_leave_does_not(tmp_path: Path, name: str) -> None:
    assert not counts(tmp_path, os.path.normpath(tmp_path / name))


def test_names_what_changed(tmp_path: Path) -> None:
    for name in ("kept", "written", "removed"):
        (tmp_path / name).write_text("a")
    before = stamps(tmp_path)
    (tmp_path / "written").write_text("ab")
    (tmp_path / "removed").unlink()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "new").touch()
    (tmp_path / "Dockerfile~").touch()
    assert changed(before, stamps(tmp_path)) == ("removed", "sub/new", "written")
    assert stamps(tmp_path / "nowhere") == {}


def as_vim(file: Path) -> None:
    (file.parent / ".Dockerfile.swp").touch()
    (file.parent / "4913").touch()
    (file.parent / "4913").unlink()
    file.rename(f"{file}~")
    file.write_text("FROM b\n")
    Path(f"{file}~").unlink()


def as_jupyter(file: Path) -> None:
    other = file.with_name(f".~{file.name}")
    other.write_text("FROM b\n")
    other.replace(file)


def in_new_folder(file: Path) -> None:
    (file.parent / "sub").mkdir()
    (file.parent / "sub" / "x").touch()


WAYS: dict[str, Callable[[Path], object]] = {
    "in place": lambda file: file.write_text("FROM b\n"),
    "vim": as_vim,
    "JupyterLab": as_jupyter,
    "a new file": lambda file: (file.parent / "app.py").touch(),
    "a file in a new folder": in_new_folder,
    "a deletion": lambda file: file.unlink(),
}
QUIET: dict[str, Callable[[Path], object]] = {
    "a swap file": lambda file: (file.parent / ".Dockerfile.swp").touch(),
    "git": lambda file: (file.parent / ".git" / "index").write_text("x"),
    "a reader": lambda file: file.read_text(),
}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, list[float]]]:
    """A Dockerfile in a folder that is watched, and when saves were told of."""
    folder, told = tmp_path / "answer", list[float]()
    (folder / ".git").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM a\n")
    with Saves(folder, lambda: told.append(time.monotonic())):
        yield folder / "Dockerfile", told


def wait_for(true: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_saving_is_one_save(watched: tuple[Path, list[float]], way: str) -> None:
    file, told = watched
    WAYS[way](file)
    assert wait_for(lambda: told)
    assert not wait_for(lambda: len(told) > 1, 0.5), "one save was told of twice"


@pytest.mark.parametrize("way", QUIET)
def test_what_is_no_save_is_not_told_of(watched: tuple[Path, list[float]], way: str) -> None:
    file, told = watched
    QUIET[way](file)
    assert not wait_for(lambda: told, 0.5)
    file.write_text("FROM c\n")  # and it still listens
    assert wait_for(lambda: told)


def test_a_folder_that_is_made_anew_is_watched_again(watched: tuple[Path, list[float]]) -> None:
    file, told = watched
    shutil.rmtree(file.parent)
    assert wait_for(lambda: not file.parent.exists())
    file.parent.mkdir()
    file.write_text("FROM b\n")
    assert wait_for(lambda: told)
    time.sleep(1)  # nothing tells when the new folder is watched: saves before that are told of, too
    known = len(told)
    file.write_text("FROM c\n")
    assert wait_for(lambda: len(told) > known)


def test_it_ends_at_once(tmp_path: Path) -> None:
    with Saves(tmp_path, lambda: None):
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert "saves" not in {thread.name for thread in threading.enumerate()}

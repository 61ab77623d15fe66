"""The editor's hands on a working copy: whole files, never outside, never over another's change."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from course.editing import Desk
from course.errors import FileChanged, InputError

HOSTILE = (
    "",
    ".",
    "..",
    "/etc/passwd",
    "../outside",
    "src/../../outside",
    "src/./x",
    "src//x",
    "src/",
    "a\\..\\b",
    "a\0b",
    "a\nb",
    "\x1b[31m",
    "x" * 200,
    "/".join("abcdefghijk"),
    "\ud800",
    "link",
    "out/inside",
    "out/new",
    "dangling",
)
"""Names that a page may send, and that lead out of the copy, or nowhere."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "03-x"
    (folder / "src").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM busybox\n")
    (folder / "src" / "app.py").write_text("print()\n")
    (folder / "task.md").write_text("# Task\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "inside").write_text("a secret\n")
    (folder / "link").symlink_to(outside / "inside")
    (folder / "out").symlink_to(outside)
    (folder / "dangling").symlink_to(outside / "new")
    return folder


def everything(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): "" if path.is_dir() else path.read_text()
        for path in folder.rglob("*")
        if not path.is_symlink()
    }


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
@pytest.mark.parametrize("act", ["read", "save", "create", "delete"])
def test_a_name_leads_nowhere_but_into_the_copy(copy: Path, act: str, name: str) -> None:
    before = everything(copy.parent.parent)
    desk = Desk(copy)
    if act == "delete" and name in {"link", "dangling"}:
        desk.delete(name)  # the link itself goes, not what it points to
        assert not (copy / name).is_symlink()
        assert (copy.parent.parent / "outside" / "inside").read_text() == "a secret\n"
        return
    more = ("written\n", "") if act == "save" else ()
    with pytest.raises(InputError) as caught:
        getattr(desk, act)(name, *more)
    assert "\n" not in str(caught.value)
    assert everything(copy.parent.parent) == before


def test_a_folder_is_no_file(copy: Path) -> None:
    for act in ("read", "create", "delete"):
        with pytest.raises(InputError):
            getattr(Desk(copy), act)("src")
    assert (copy / "src" / "app.py").exists()


def test_files_are_listed_with_what_matters_first_and_why_some_are_not_edited(copy: Path) -> None:
    (copy / ".dockerignore").write_text("")
    (copy / "big").write_bytes(b"x" * 300_000)
    (copy / "picture").write_bytes(b"\x89PNG\0")
    (copy / "windows").write_bytes(b"a\r\nb\r\n")
    (copy / os.fsdecode(b"odd\xff\n")).write_text("")
    (copy / ".git").mkdir()
    (copy / ".git" / "HEAD").write_text("")
    found = {file.name: file for file in Desk(copy).files()}
    assert [*found][:2] == ["Dockerfile", ".dockerignore"]
    assert {"task.md", ".git/HEAD"}.isdisjoint(found)
    notes = {name: file.note for name, file in found.items() if not file.version}
    assert notes == {
        "big": "0.3 MB",
        "picture": "no text",
        "link": "a link",
        "out": "a link",
        "dangling": "a link",
        "odd\\udcff\\n": "an odd name",
    }
    assert found["windows"].note == "Windows line ends (CRLF)"
    named = Desk(copy).files(most=1)
    assert [file.note for file in named if file.version] == [""]
    assert len(named) == len(found)


def test_what_is_saved_is_what_was_typed(copy: Path) -> None:
    desk = Desk(copy)
    (copy / "run.sh").write_bytes(b"#!/bin/sh\r\necho\r\n")
    (copy / "run.sh").chmod(0o750)
    text, version = desk.read("run.sh")
    assert text == "#!/bin/sh\necho\n"
    version = desk.save("run.sh", text + "ls ä", version)
    assert (copy / "run.sh").read_bytes() == "#!/bin/sh\r\necho\r\nls ä".encode()
    assert (copy / "run.sh").stat().st_mode & 0o777 == 0o750
    assert desk.read("run.sh") == ("#!/bin/sh\necho\nls ä", version)
    assert sorted(path.name for path in copy.parent.iterdir()) == [".saving", "03-x"]
    assert [*(copy.parent / ".saving").iterdir()] == []


@pytest.mark.parametrize("text", ["x" * 200_001, "\ud800"])
def test_what_no_file_may_hold_leaves_the_file_alone(copy: Path, text: str) -> None:
    desk = Desk(copy)
    with pytest.raises(InputError):
        desk.save("Dockerfile", text, desk.read("Dockerfile")[1])
    assert (copy / "Dockerfile").read_text() == "FROM busybox\n"


def test_another_programs_change_is_never_written_over(copy: Path) -> None:
    desk = Desk(copy)
    _, version = desk.read("Dockerfile")
    (copy / "Dockerfile").write_text("FROM theirs\n")
    with pytest.raises(FileChanged):
        desk.save("Dockerfile", "FROM mine\n", version)
    assert (copy / "Dockerfile").read_text() == "FROM theirs\n"
    _, theirs = desk.read("Dockerfile")
    desk.save("Dockerfile", "FROM mine\n", theirs)  # seen, and decided
    (copy / "Dockerfile").unlink()
    with pytest.raises(InputError):
        desk.save("Dockerfile", "FROM again\n", theirs)
    assert not (copy / "Dockerfile").exists()


def test_a_new_file_is_made_with_its_folders_and_never_in_place_of_another(copy: Path) -> None:
    desk = Desk(copy)
    desk.create("deep/er/.dockerignore")
    assert desk.read("deep/er/.dockerignore")[0] == ""
    with pytest.raises(InputError, match="already"):
        desk.create("Dockerfile")


def test_a_deleted_file_is_kept_beside_the_copy(copy: Path) -> None:
    kept = Desk(copy).delete("src/app.py")
    assert kept.read_text() == "print()\n"
    assert kept.is_relative_to(copy.parent / ".old")
    assert not (copy / "src" / "app.py").exists()


def test_a_reader_beside_a_writer_never_sees_half_a_file(copy: Path) -> None:
    desk, texts = Desk(copy), ("a" * 150_000, "b" * 150_000)
    version = desk.save("Dockerfile", texts[0], desk.read("Dockerfile")[1])
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add((copy / "Dockerfile").read_text())
            assert {path.name for path in copy.iterdir()} <= {
                "Dockerfile", "src", "task.md", "link", "out", "dangling",
            }  # fmt: skip

    reader = threading.Thread(target=look)
    reader.start()
    for turn in range(30):
        version = desk.save("Dockerfile", texts[turn % 2], version)
    done.set()
    reader.join()
    assert seen <= set(texts)


def test_a_kill_in_the_middle_of_a_save_leaves_a_whole_file(copy: Path) -> None:
    program = """\
import sys
from pathlib import Path
from course.editing import Desk
desk = Desk(Path(sys.argv[1]))
version = desk.read("Dockerfile")[1]
print("ready", flush=True)
for turn in range(10**6):
    version = desk.save("Dockerfile", "ab"[turn % 2] * 150_000, version)
"""
    for turns in range(4):
        writer = subprocess.Popen([sys.executable, "-c", program, str(copy)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        before = (copy / "Dockerfile").read_bytes()
        deadline = 1000 * (turns + 1)
        while (copy / "Dockerfile").read_bytes() == before and deadline:
            deadline -= 1
        writer.kill()
        writer.communicate()
        left = (copy / "Dockerfile").read_bytes()
        assert left in {b"FROM busybox\n", b"a" * 150_000, b"b" * 150_000}
    assert "Dockerfile" in [file.name for file in Desk(copy).files()]

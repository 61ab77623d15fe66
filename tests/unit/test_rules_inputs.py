"""What the rules stand on: the learner's folder, the engine's words, the kernel's tables. No engine here."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

import docker
import pytest
import requests

from checkers.building import runs_nothing
from checkers.disk import DiskGuard
from checkers.folder import copy_folder
from checkers.http import Listener, parse_listeners
from checkers.limits import DEFAULT, GIB, MIB, Limits, size
from checkers.registry.voice import tags, voice
from checkers.running import NotStarted, start_error
from checkers.shorten import MAX, clean
from course.errors import ContextError, CourseError, EngineRefused, NoWorkingCopy
from course.exercises import find

# The learner's folder ---------------------------------------------------------------------------------


def test_copy_keeps_files_modes_and_inner_links(tmp_path: Path) -> None:
    source = tmp_path / "work"
    (source / "app" / "empty").mkdir(parents=True)
    (source / "app" / "run").write_text("#!")
    (source / "app" / "run").chmod(0o755)
    (source / "link").symlink_to("app/run")
    (source / "loop").symlink_to("loop")
    os.mkfifo(source / "pipe")
    copy_folder(source, tmp_path / "copy", DEFAULT)
    copied = tmp_path / "copy"
    assert (copied / "app" / "run").stat().st_mode & 0o777 == 0o755
    assert (copied / "link").readlink() == Path("app/run")
    assert (copied / "app" / "empty").is_dir()
    assert not (copied / "pipe").exists()


@pytest.mark.parametrize("target", ["/etc/shadow", "../outside", "app/../../outside"])
def test_a_link_out_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "outside").write_text("not yours")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "Dockerfile").symlink_to(target)
    with pytest.raises(ContextError, match="Dockerfile is a link that leads out"):
        copy_folder(tmp_path / "work", tmp_path / "copy", DEFAULT)


def test_a_folder_behind_a_link_is_the_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "Dockerfile").write_text("FROM x")
    (tmp_path / "work").symlink_to("real")
    copy_folder(tmp_path / "work", tmp_path / "copy", DEFAULT)
    assert (tmp_path / "copy" / "Dockerfile").read_text() == "FROM x"


@pytest.mark.parametrize("limits", [Limits(context=10), Limits(context_files=3)])
def test_too_much_is_refused(tmp_path: Path, limits: Limits) -> None:
    (tmp_path / "work").mkdir()
    for number in range(4):
        (tmp_path / "work" / str(number)).write_text("four")
    with pytest.raises(ContextError, match="too large to check"):
        copy_folder(tmp_path / "work", tmp_path / "copy", limits)


def test_a_file_with_holes_is_refused_before_it_is_copied(tmp_path: Path) -> None:
    """It says 8 TiB, and takes nothing: a copy without holes would fill any disk."""
    (tmp_path / "work").mkdir()
    with (tmp_path / "work" / "holes").open("wb") as file:
        file.truncate(8 * 1024**4)
    with pytest.raises(ContextError, match="too large to check"):
        copy_folder(tmp_path / "work", tmp_path / "copy", DEFAULT)
    assert list((tmp_path / "copy").iterdir()) == []


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NoWorkingCopy):
        copy_folder(tmp_path / "none", tmp_path / "copy", DEFAULT)


# What may run in a build ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dockerfile", "nothing"),
    [
        ('FROM x\nCOPY a b\nCMD ["a"]\n', True),
        ("FROM x\nENV A=runner\n", True),
        ("FROM x\nRUN a\n", False),
        ("from x\nrun a\n", False),
        ("FROM x\nRU\\\nN a\n", False),
        ("# escape=`\nFROM x\nR`\r\nUN a\n", False),
        ("FROM x\nADD http://x/y /y\n", False),
        ("FROM x\nONBUILD RUN a\n", False),
        ("# syntax=evil/frontend\nFROM x\n", False),
        ("FROM x\n# run it\n", False),  # errs on the safe side
    ],
)
def test_runs_nothing(dockerfile: str, nothing: bool) -> None:
    assert runs_nothing(dockerfile) is nothing


# The engine's words -----------------------------------------------------------------------------------


def refusal(status: int, words: str) -> CourseError:
    response = requests.Response()
    response.status_code = status
    return start_error(docker.errors.APIError("x", response=response, explanation=words))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            'OCI runtime create failed: exec: "python app": executable file not found in $PATH',
            "python app: there is no such program in the image.",
        ),
        (
            'exec: \\"/app\\": stat /app: no such file or directory: unknown',
            "/app: there is no such file in the image.",
        ),
        (
            r'exec: "\x01\"\x1b[2Jx": executable file not found in $PATH',
            r"\x01\"\x1b[2Jx: there is no such program in the image.",
        ),
        ('exec: "/app": permission denied: unknown', "/app is there, but may not be executed."),
        ("exec /app: exec format error", "The program is for another CPU, or is a script without a #! line."),
        ("no command specified", "The image doesn't say what to run: it has no CMD and no ENTRYPOINT."),
        ("unable to find user app: no matching", "The image's USER app is not in its /etc/passwd."),
    ],
)
def test_the_image_is_to_blame(words: str, message: str) -> None:
    error = refusal(400, words)
    assert isinstance(error, NotStarted)
    assert str(error) == message
    assert error.detail == words


@pytest.mark.parametrize(
    "words", ["no space left on device", "driver failed programming external connectivity"]
)
def test_the_engine_is_to_blame(words: str) -> None:
    assert isinstance(refusal(500, words), EngineRefused)


def test_words_are_cleaned_and_shortened() -> None:
    assert clean("\x1b[31mred\x1b[0m\x07 \x1b]0;title\x07ok\r\n") == "red ]0;titleok"
    assert clean(f"open {tempfile.gettempdir()}/course-check-abc_1/work/app.py: no") == "open work/app.py: no"
    assert clean("hidden: \udce4.txt") == "hidden: ?.txt"
    long = clean("a" * MAX + "the end")
    assert long.startswith("… (7 characters left out)\n")
    assert long.endswith("the end")


# The kernel's tables ----------------------------------------------------------------------------------

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0100007F:1F40 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000
"""


def test_listeners() -> None:
    found = parse_listeners(TABLE)
    assert found == [
        Listener("127.0.0.1", 8000),
        Listener("0.0.0.0", 80),
        Listener("::", 8080),
        Listener("::1", 8081),
    ]
    assert [one.local for one in found] == [True, False, False, True]
    assert str(found[2]) == "[::]:8080"


# Limits and the disk ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "text"), [(512 * MIB, "512 MiB"), (1.5 * GIB, "1.5 GiB"), (2048, "2 KiB"), (7, "7 bytes")]
)
def test_sizes_for_readers(count: float, text: str) -> None:
    assert size(count) == text


def test_limits_say_themselves() -> None:
    assert "512 MiB of memory" in str(DEFAULT)
    assert {one["Name"] for one in DEFAULT.ulimits()} == {"nofile", "fsize", "core"}


def test_the_disk_guard_stops_once_and_sees_who_it_was() -> None:
    free = [1000]
    stopped: list[int] = []
    tripped = threading.Event()

    def stop() -> None:
        stopped.append(free[0])
        tripped.set()

    with DiskGuard(lambda: free[0], 100, stop, interval=0.01) as guard:
        free[0] = 950
        time.sleep(0.05)
        assert not guard.tripped
        free[0] = 800
        assert tripped.wait(5)
        time.sleep(0.05)
    assert (stopped, guard.tripped) == ([800], True)
    free[0] = 990
    assert guard.came_back()


# The registry's images --------------------------------------------------------------------------------


def test_the_digests_are_those_that_learners_are_told() -> None:
    releases = (find("02-pin-the-base").starter / "releases.md").read_text()
    for version in ("1.9.0", "2.0.0"):
        line = next(line for line in releases.splitlines() if line.startswith(f"| {version} "))
        assert voice(version).digest in line
    assert voice("2.0.0").digest in (find("02-pin-the-base").solution / "Dockerfile").read_text()
    assert len({voice(version).digest for version in ("1.9.0", "2.0.0", "2.1.0")}) == 3


def test_every_tag_but_the_oldest_moves() -> None:
    before, after = tags("2.0.0"), tags("2.1.0")
    moved = {name for name in before if before[name] != after[name]}
    assert moved == before.keys() - {"lift/voice:1.9.0"}

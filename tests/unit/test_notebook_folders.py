"""A kernel's scratch folders go with the kernel, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup has it ignored, in all below it
from course.notebook import workdir
first, second = workdir(), workdir()
assert first != second and not [*first.iterdir(), *second.iterdir()]
(first / "Dockerfile").touch()
if os.fork() == 0:
    sys.exit()  # a fork's end is not the kernel's
print(first, flush=True)
while sys.argv[1:]:
    time.sleep(0.1)  # short: Python sees to a signal that came just before a sleep when that has ended
"""


def kernel(tmp: Path, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    """A process that has made two folders below `tmp`, and the path of one."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=os.environ | {"TMPDIR": str(tmp)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def made(tmp: Path) -> list[str]:
    return [path.name for path in tmp.glob("course-*")]


def test_a_kernel_that_ends_leaves_nothing(tmp_path: Path) -> None:
    process, _ = kernel(tmp_path)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert made(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_kernel_that_is_told_to_end_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    process, folder = kernel(tmp_path, "wait")
    assert (folder / "Dockerfile").exists()
    process.send_signal(number)
    try:
        process.communicate(timeout=30)
    finally:
        process.kill()  # no worry of the next test, if this one fails
    assert process.returncode == -number  # it still dies of the signal
    assert made(tmp_path) == []


def test_what_a_killed_kernel_left_goes_when_the_next_needs_a_folder(tmp_path: Path) -> None:
    living, kept = kernel(tmp_path, "wait")
    killed, lost = kernel(tmp_path, "wait")
    killed.kill()
    killed.communicate(timeout=30)
    assert lost.exists()
    stranger = tmp_path / "course-work-mine"
    stranger.mkdir()
    process, _ = kernel(tmp_path)
    process.communicate(timeout=30)
    assert not lost.parent.exists()
    assert (kept / "Dockerfile").exists()
    assert stranger.exists()
    living.terminate()
    living.communicate(timeout=30)
    assert made(tmp_path) == [stranger.name]

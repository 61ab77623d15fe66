"""Every lesson, cell by cell, on the real engine: outputs equal the committed ones, and nothing is left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import docker
import pytest

from course.engine.ledger import BASES, Entry, Ledger

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
SANITIZE = ROOT / "tests" / "notebooks" / "sanitize.cfg"


def nbval(lessons: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """Strict nbval, in the order given, with a home of its own: no progress, no working copies."""
    command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(SANITIZE)]
    command += ["--nbval-cell-timeout", "120", "--color", "no"]
    command += [f"notebooks/{lesson}.ipynb" for lesson in lessons]
    # The socket's path has to stay short, and pytest's folders are not.
    environment = os.environ | {"COURSE_HOME": str(home), "COURSE_WORK": str(home / "work")}
    environment.pop("PYTEST_XDIST_WORKER", None)
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False
    )


def left(home: Path, client: docker.DockerClient) -> list[Entry]:
    """What was made through the lesson's gateway and was not removed again."""
    ledger = Ledger(home / "data" / "ledger.sqlite")
    try:
        return [entry for entry in ledger.entries(client.info()["ID"]) if entry.how not in BASES]
    finally:
        ledger.close()


@pytest.mark.engine
@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_gives_what_is_committed_and_leaves_nothing(
    name: str, tmp_path: Path, client: docker.DockerClient
) -> None:
    done = nbval([name], tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert left(tmp_path, client) == []


@pytest.mark.engine
def test_a_wrong_output_is_noticed(tmp_path: Path) -> None:
    """The comparison compares: a lesson with one altered output fails."""
    text = (ROOT / "notebooks" / "00_start.ipynb").read_text(encoding="utf-8")
    assert text.count("layers on top: 1") == 1
    altered = ROOT / "notebooks" / f".altered-{os.getpid()}.ipynb"
    altered.write_text(text.replace("layers on top: 1", "layers on top: 2"), encoding="utf-8")
    try:
        done = nbval([altered.stem], tmp_path)
    finally:
        altered.unlink()
    assert done.returncode == 1, done.stdout[-3000:]
    assert "1 failed" in done.stdout

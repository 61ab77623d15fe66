"""`make bank` as it is typed: its exit codes, its tables, and that nothing stays when it is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import docker
import pytest

from checkers.attempt import PROCESS
from course.paths import repository
from tests.engine.base_images import BUSYBOX, until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]
COMMAND = [sys.executable, "-m", "checkers.bank"]
RIGHT = """\
FROM python:3.13-slim
COPY labels.py /
ENTRYPOINT ["python", "/labels.py"]
CMD ["Plum jam", "Sea salt"]
"""


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty bank in a checkout of its own."""
    (tmp_path / "exercises").symlink_to(repository() / "exercises")
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    folder = tmp_path / "tests" / "bank"
    folder.mkdir(parents=True)
    return folder


def put(bank: Path, where: str, dockerfile: str, expect: str) -> None:
    (bank / where).mkdir(parents=True)
    (bank / where / "Dockerfile").write_text(dockerfile)
    (bank / where / "expect.toml").write_text(f'why = "w"\n{expect}')


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=repository(), capture_output=True, text=True, check=False)


def test_right_verdicts_and_wrong_ones(bank: Path, tmp_path: Path) -> None:
    put(bank, "03-entrypoint-cmd/right/good", RIGHT, 'status = "pass"')
    put(bank, "03-entrypoint-cmd/wrong/no-base", "FROM\n", 'status = "fail"\ncheck = "builds"')
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 verdicts in" in done.stdout
    assert "all as expected" in done.stdout

    put(bank, "03-entrypoint-cmd/wrong/good", RIGHT, 'status = "fail"\ncheck = "words"')
    done = run("--workers", "2", "--json", str(tmp_path / "found.json"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "! 03-entrypoint-cmd wrong/good: It ends in pass, not in fail: w." in done.stdout
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["confusion"]["03-entrypoint-cmd"] == {"right": {"pass": 1}, "wrong": {"pass": 1, "fail": 1}}
    assert found["caught"]["03-entrypoint-cmd"]["builds"] == 1
    assert [one["name"] for one in found["runs"][0] if one["problems"]] == ["wrong/good"]


def test_the_same_verdicts_under_load(bank: Path) -> None:
    put(bank, "03-entrypoint-cmd/wrong/no-base", "FROM\n", 'status = "fail"\ncheck = "builds"')
    done = run("--times", "2", "--load", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "none changed between the runs" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--exercise", "03-signal"], "There is no exercise '03-signal'"),
        (["--only", "nothing"], "--list shows what there is"),
        (["--worker"], "Usage"),
    ],
)
def test_what_cannot_be_tried_says_why(bank: Path, words: list[str], said: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds its workers in /proc")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_bank_leaves_nothing(
    client: docker.DockerClient, bank: Path, sign: signal.Signals
) -> None:
    for name in ("a", "b"):
        waits = f'FROM {BUSYBOX}\nLABEL a={os.urandom(8).hex()}\nCMD ["sleep", "600"]\n'
        put(bank, f"03-first-dockerfile/wrong/{name}", waits, 'status = "fail"\ncheck = "answers"')
    process = subprocess.Popen(
        [*COMMAND, "--workers", "2", "--load", "1"],
        cwd=repository(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        until(lambda: len(attempts(client, children(process.pid))) == 2, "two attempts run")
        workers = children(process.pid)
        process.send_signal(sign)
        said, _ = process.communicate(timeout=90)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert attempts(client, workers, every=True) == set()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "its processes end", seconds=20)


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def attempts(client: docker.DockerClient, workers: list[str], *, every: bool = False) -> set[str]:
    """The workers that have a learner's container, besides the cage; or that have anything at all."""
    found: list[str] = []
    for pid in workers:
        label = {"label": f"{PROCESS}={pid}"}
        mine = client.api.containers(all=True, filters=label)
        found += [pid] * (len(mine) > (0 if every else 1))
        found += [pid] * bool(every and client.api.networks(filters=label))
    return set(found)

"""A check that was killed with -9 leaves things in the engine; they go, and those of one that runs stay."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import NotFound

from checkers import abandoned
from checkers.abandoned import ATTEMPT, NAME
from checkers.attempt import PROCESS
from course.engine.cleanup import Item, reset
from course.engine.labels import made
from course.engine.ledger import Ledger
from course.engine.listing import list_images
from course.engine.makers import LONGEST, MAKER, is_gone, made_by
from tests.engine.base_images import BUSYBOX, need, until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]
EXERCISE = "03-first-dockerfile"
CHECK = [sys.executable, "-c", "from course.cli import main; main()", "check", EXERCISE, "--dir"]


@contextlib.contextmanager
def checking(client: docker.DockerClient, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A check with an image, a network and containers, which waits for an answer; and its attempt's name."""
    folder.mkdir()
    (folder / "Dockerfile").write_text(f'FROM {BUSYBOX}\nLABEL a={uuid.uuid4()}\nCMD ["sleep", "600"]\n')
    process = subprocess.Popen([*CHECK, str(folder)], text=True, stderr=subprocess.DEVNULL)
    try:
        label = {"label": f"{PROCESS}={process.pid}"}
        until(
            lambda: len(client.api.containers(filters=label)) > 1, "the check probes the answer", seconds=60
        )
        name = client.api.networks(filters=label)[0]["Labels"][ATTEMPT]
        assert things(client, name) == ALL
        yield process, name
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def things(client: docker.DockerClient, name: str) -> set[str]:
    """The kinds of what an attempt has in the engine."""
    kinds = {
        "container": client.api.containers(all=True, filters={"name": name}),
        "network": client.api.networks(names=[name]),
        "image": list_images(client.api, f"{name}:*"),
    }
    return {kind for kind, found in kinds.items() if found}


ALL = {"container", "network", "image"}


def test_the_next_check_removes_what_a_killed_one_left(client: docker.DockerClient, tmp_path: Path) -> None:
    need(client, BUSYBOX)
    with (
        checking(client, tmp_path / "living") as (living, kept),
        checking(client, tmp_path / "killed") as (killed, lost),
    ):
        killed.kill()
        killed.wait(timeout=30)
        (tmp_path / "next").mkdir()
        (tmp_path / "next/Dockerfile").write_text("FROM scratch\n")
        done = subprocess.run([*CHECK, str(tmp_path / "next")], capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        assert things(client, lost) == set()
        assert things(client, kept) == ALL
        assert living.poll() is None
    assert things(client, kept) == set()


def test_a_reset_removes_what_a_killed_check_left_and_nothing_of_a_running_one(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    need(client, BUSYBOX)

    def ours(item: Item) -> bool:
        return item.name.startswith((kept, lost))

    with (
        contextlib.closing(Ledger(tmp_path / "ledger.sqlite")) as ledger,
        checking(client, tmp_path / "living") as (_, kept),
        checking(client, tmp_path / "killed") as (killed, lost),
    ):
        killed.kill()
        killed.wait(timeout=30)
        done = reset(client, ledger, everything=True, only=ours)
        assert not done.kept
        # Not all of it: a check that another test has just begun may have taken some before.
        assert {item.kind for item in done.items} <= ALL
        until(lambda: not things(client, lost), "nothing of it is left", seconds=30)
        assert things(client, kept) == ALL


def test_what_only_looks_like_a_check_s_stays(client: docker.DockerClient) -> None:
    """A commit of a check's container hands its labels on to what others run from it."""
    gone = {ATTEMPT: f"{NAME}0123456789ab", MAKER: "elsewhere 1 0"}
    name = f"course-test-{uuid.uuid4().hex[:12]}"
    client.containers.create(BUSYBOX, name=name, labels=made("container") | gone)
    try:
        abandoned.remove(client)
        assert client.containers.get(name)
    finally:
        client.api.remove_container(name)


def test_volumes_of_the_dead_go_and_others_stay(client: docker.DockerClient) -> None:
    name = f"{NAME}{uuid.uuid4().hex[:12]}"
    dead = {MAKER: f"elsewhere 1 {time.time() - LONGEST - 9:.0f}"}
    wanted = {
        f"{name}-1": (made("volume") | {ATTEMPT: name} | dead, False),
        f"{name}-2": (made("volume") | {ATTEMPT: name} | made_by(), True),
        f"{name}-3": ({ATTEMPT: name} | dead, True),  # its `made` is missing: somebody else's
        f"of-{name}": (made("volume") | {ATTEMPT: name} | dead, True),
    }
    try:
        for volume, (labels, _) in wanted.items():
            client.volumes.create(volume, labels=labels)
        abandoned.remove(client)
        there = {str(volume.name) for volume in client.volumes.list(filters={"name": name})}
        assert there == {volume for volume, (_, stays) in wanted.items() if stays}
    finally:
        for volume in wanted:
            with contextlib.suppress(NotFound):
                client.api.remove_volume(volume, force=True)


def test_whether_a_maker_is_gone() -> None:
    place, _, now = made_by()[MAKER].split(" ")
    process = subprocess.Popen(["true"])
    process.wait()
    for label, gone in (
        (f"{place} {os.getpid()} {now}", False),
        (f"{place} 1 {now}", False),
        (f"{place} {process.pid} {now}", True),
        (f"elsewhere {process.pid} {now}", False),
        (f"elsewhere {os.getpid()} {time.time() - LONGEST - 9:.0f}", True),
        ("rubbish", True),
    ):
        assert is_gone(label) == gone, label

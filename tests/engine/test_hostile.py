"""Code that means harm, or seems to: each ends in a clear fail within its deadline, and hurts nobody else.

A build or a container with limits of its own is started for each; the deadline is theirs plus what the
checker needs to clean up. After each, a right answer still passes.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import docker
import pytest
from docker.models.containers import Container

from checkers import Report, Status, render
from checkers.attempt import PROCESS
from checkers.limits import MIB, Limits
from checkers.plans import plan_for
from checkers.runner import run
from course.engine.labels import made
from course.engine.listing import list_images
from course.exercises import find

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]
EXERCISE = find("03-first-dockerfile")
LIMITS = Limits(memory=256 * MIB, pids=100, disk=600 * MIB, file_size=300 * MIB, build=30.0, run=6.0)
BRIEF = dataclasses.replace(LIMITS, build=6.0)  # for what is stopped by its deadline alone
# Beyond the limits' own deadlines: a cancelled step is dropped, containers are removed, the disk recovers.
MARGIN = 30.0

TOO_LONG = f"still running after {BRIEF.build:.0f} s"
BUILDS = {
    "forks without end": ("RUN f() { f | f & f; }; f", "used more than a checked build may"),
    "forks, and hides it": ("RUN f() { f | f & f; }; (f) & exec sleep 100", TOO_LONG),
    "fills memory": ("RUN tail /dev/zero", "used more than a checked build may"),
    "fills memory in many processes": (
        "RUN for i in $(seq 50); do tail /dev/zero & done; wait; exit 137",
        "used more than a checked build may",
    ),
    "fills the disk": (
        "RUN i=0; while :; do i=$((i+1)); dd if=/dev/zero of=/f$i bs=1M count=50; done",
        "wrote more than 600 MiB to the disk",
    ),
    "writes a huge file": ("RUN dd if=/dev/zero of=/f bs=1M count=400", "used more than a checked build may"),
    "sleeps for ever": ("RUN sleep 100000", TOO_LONG),
    "ignores signals": ("RUN trap '' TERM INT HUP; while :; do sleep 1; done", TOO_LONG),
    "prints without end": ("RUN yes 'a line of noise'", TOO_LONG),
    "prints one endless line": ("RUN tr '\\0' x < /dev/zero", TOO_LONG),
    "asks for privileges": ("RUN --security=insecure mount -t tmpfs none /mnt", "security"),
    "asks for the host's network": ("RUN --network=host ip link", "network.host is not allowed"),
    "mounts": ("RUN mount -t tmpfs none /mnt", "exit code"),
    "calls out": ("RUN wget -T 3 http://deb.debian.org/", "exit code"),
    "copies the host's files": ("COPY ../../../../etc/shadow /shadow", "/etc/shadow"),
}  # fmt: skip

RUNS = {
    "forks without end": ("f() { f | f & f; }; f", "can't fork"),
    "forks, and hides it": ("f() { f | f & f; }; (f) 2>&- & exec sleep 1000", "Nothing listens on port 8000"),
    "fills memory": ("tail /dev/zero", "killed"),
    "fills the disk": (
        "i=0; while :; do i=$((i+1)); dd if=/dev/zero of=/f$i bs=1M count=50 2>/dev/null; done",
        "wrote more than 600 MiB to the disk",
    ),
    "prints without end": ("yes 'a line of noise'", "Nothing listens on port 8000"),
    "ignores signals": ("trap '' TERM INT HUP; while :; do sleep 1; done", "Nothing listens on port 8000"),
    "calls out": ("wget -T 3 http://deb.debian.org/ || exit 7", "exit code 7"),
    "answers with an endless body": (
        "while :; do { printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'; yes; } | nc -l -p 8000; done",
        "was answered with",
    ),
}  # fmt: skip


@pytest.fixture
def bystander(client: docker.DockerClient) -> Iterator[Container]:
    """A container that has nothing to do with it."""
    container = client.containers.run(
        "busybox:1.37", ["tail", "-f", "/dev/null"], detach=True, labels=made("container")
    )
    container.reload()
    yield container
    container.remove(force=True)


def judge(client: docker.DockerClient, folder: Path, limits: Limits = LIMITS) -> tuple[Report, float]:
    began = time.monotonic()
    plan = dataclasses.replace(plan_for(EXERCISE.id), limits=limits)
    return run(EXERCISE, plan, folder, client), time.monotonic() - began


def marked(client: docker.DockerClient) -> set[str]:
    """What attempts have made and not removed: this process's containers and networks, anybody's images."""
    label = {"label": f"{PROCESS}={os.getpid()}"}
    return {
        *(str(one.name) for one in client.containers.list(all=True, filters=label, ignore_removed=True)),
        *(str(one.name) for one in client.networks.list(filters=label)),
        *(
            tag
            for one in list_images(client.api)
            for tag in one["RepoTags"] or ()
            if tag.startswith("course-check-")
        ),
    }


def assert_nothing_left(client: docker.DockerClient, before: set[str]) -> None:
    """Other tests' checks come and go beside this one; what stays for a minute was left behind."""
    left = marked(client) - before
    deadline = time.monotonic() + 60
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        left &= marked(client)
    assert not left


def assert_clear_fail(report: Report, words: str) -> None:
    shown = render.text(report, width=400)
    assert report.status is Status.FAIL, shown
    first = next(check for check in report.checks if check.status is Status.FAIL)
    assert words in first.message + first.evidence, shown
    assert first.hint, shown


def assert_well(client: docker.DockerClient, bystander: Container, before: set[str]) -> None:
    started = bystander.attrs["State"]["StartedAt"]
    bystander.reload()
    assert bystander.status == "running"
    assert bystander.attrs["State"]["StartedAt"] == started
    assert_nothing_left(client, before)
    report, _ = judge(client, EXERCISE.solution)
    assert report.status is Status.PASS, render.text(report)


@pytest.mark.parametrize("name", BUILDS)
def test_hostile_build(client: docker.DockerClient, bystander: Container, tmp_path: Path, name: str) -> None:
    line, words = BUILDS[name]
    before = marked(client)
    (tmp_path / "Dockerfile").write_text(f"FROM busybox:1.37\nENV NONCE={uuid.uuid4()}\n{line}\n")
    limits = BRIEF if words == TOO_LONG else LIMITS
    report, seconds = judge(client, tmp_path, limits)
    assert_clear_fail(report, words)
    assert seconds < limits.build + MARGIN
    assert_well(client, bystander, before)


def test_empty_files_fill_a_disk_too(
    client: docker.DockerClient, bystander: Container, tmp_path: Path
) -> None:
    before = marked(client)
    endless = "RUN mkdir /f && cd /f && i=0 && while :; do i=$((i+1)); : > $i; done"
    (tmp_path / "Dockerfile").write_text(f"FROM busybox:1.37\nENV NONCE={uuid.uuid4()}\n{endless}\n")
    report, _ = judge(client, tmp_path, dataclasses.replace(LIMITS, disk=300 * MIB, build=60.0))
    assert_clear_fail(report, "wrote more than 300 MiB to the disk")
    assert_well(client, bystander, before)


# An image's own words: what the engine says about them ends in a page, a terminal and JSON.
ODD_COMMANDS = {
    "control characters": '["\\u0001\\u001b[2Jx"]',
    "markup": '["<img src=x onerror=alert(1)>"]',
    "a shell's words": '["; touch /tmp/pwned; $(reboot)"]',
    "a very long name": json.dumps(["x" * 5000]),
    "says that it passes": '["echo", "PASS", "{\\"status\\": \\"pass\\"}"]',
}


@pytest.mark.parametrize("name", ODD_COMMANDS)
def test_odd_words_in_an_image(
    client: docker.DockerClient, bystander: Container, tmp_path: Path, name: str
) -> None:
    before = marked(client)
    (tmp_path / "Dockerfile").write_text(f"FROM busybox:1.37\nCMD {ODD_COMMANDS[name]}\n")
    report, _ = judge(client, tmp_path)
    assert report.status is Status.FAIL, render.text(report)
    page, text = render.html(report), render.text(report)
    assert "<img" not in page
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", page + text)
    assert json.loads(json.dumps(report.to_json()))["status"] == "fail"
    ElementTree.fromstring(render.junit([report]))  # noqa: S314  our own XML
    assert len(text) < 20_000
    assert_well(client, bystander, before)


@pytest.mark.parametrize("name", RUNS)
def test_hostile_run(client: docker.DockerClient, bystander: Container, tmp_path: Path, name: str) -> None:
    script, words = RUNS[name]
    before = marked(client)
    (tmp_path / "app.sh").write_text(script + "\n")
    (tmp_path / "Dockerfile").write_text('FROM busybox:1.37\nCOPY app.sh /\nCMD ["sh", "/app.sh"]\n')
    report, seconds = judge(client, tmp_path)
    assert_clear_fail(report, words)
    assert seconds < LIMITS.run + MARGIN
    assert_well(client, bystander, before)

"""A secret of the build is found wherever an image can keep it, and nothing is found where it isn't."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest

from checkers.attempt import Attempt
from checkers.canary.secret import for_word
from checkers.result import CheckResult, Status
from checkers.rules.no_secrets import Handed, rules
from checkers.runner import apply
from tests.engine.base_images import BUSYBOX, need

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]
HANDED = Handed("token", "TOKEN", BUSYBOX)
WITH = "RUN --mount=type=secret,id=token "
FILE = "/run/secrets/token"


def judged(client: docker.DockerClient, folder: Path, dockerfile: str) -> tuple[CheckResult, CheckResult]:
    """What the two rules say of an image that builds."""
    need(client, BUSYBOX)
    (folder / "Dockerfile").write_text(f"FROM {BUSYBOX}\n{dockerfile}")
    documents, layers = rules(HANDED)
    with Attempt(client, folder) as attempt:
        results = apply(documents, attempt), apply(layers, attempt)
        told = "".join(f"{one.message}{one.evidence}{one.hint}" for one in results)
        assert for_word(attempt.word).value not in told, "a report tells no secret"
        return results


RIGHT = {
    "read and gone": f"{WITH}sha256sum {FILE} | cut -c 1-64 >/proof\n",
    "a variable of one step": 'RUN --mount=type=secret,id=token,env=TOKEN test -n "$TOKEN" >/done\n',
    "written and removed in one step": f"{WITH}cp {FILE} /tmp/t && gzip /tmp/t && rm /tmp/t.gz\n",
    "in memory": f"RUN --mount=type=tmpfs,target=/tmp --mount=type=secret,id=token cp {FILE} /tmp/t\n",
    "enciphered, which nobody can see through": f"{WITH}sha512sum {FILE} | sha256sum >/proof\n",
    "in another stage": f"{WITH}cp {FILE} /t\nFROM {BUSYBOX}\nCMD [\"true\"]\n",
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_catches_not(client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    for done in judged(client, tmp_path, RIGHT[name]):
        assert done.status is Status.PASS, f"{done.message}\n{done.evidence}"


# What is found, in the evidence; the check; the line of the Dockerfile; the misconception
WRONG = {
    "a file": (f"{WITH}cp {FILE} /t\n", "/t, its content, plain", "layers", 2, None),
    "base64": (f"{WITH}base64 {FILE} >/t\n", "/t, its content, base64", "layers", 2, None),
    "digits, of od": (
        f"{WITH}od -An -v -tx1 {FILE} >/t\n",
        "/t, its content, hexadecimal digits",
        "layers",
        2,
        None,
    ),
    "a tar, packed, in base64": (
        f"{WITH}tar -cz {FILE} | base64 >/t\n",
        "/t, its content, gzip in base64",
        "layers",
        2,
        None,
    ),
    "behind a script": (
        f"{WITH}mkdir /app && {{ echo '#!/bin/sh'; bzip2 <{FILE}; }} >/app/run\n",
        "/app/run, its content",
        "layers",
        2,
        None,
    ),
    "backwards": (f"{WITH}rev {FILE} >/t\n", "/t, its content, backwards", "layers", 2, None),
    "a file's name": (f'{WITH}touch "/tmp/$(cat {FILE})"\n', "its name, plain", "layers", 2, None),
    "a link's target": (f'{WITH}ln -s "$(cat {FILE})" /t\n', "/t, its link, plain", "layers", 2, None),
    "deleted later": (f"{WITH}cp {FILE} /t\nRUN rm /t\n", "hidden later", "layers", 2, "M06"),
    "a name that is deleted later": (
        f'{WITH}touch "/tmp/$(cat {FILE})"\nRUN rm /tmp/*\n',
        "its name, plain",
        "layers",
        2,
        "M06",
    ),
    "written over later": (f"{WITH}cp {FILE} /t\nRUN echo >/t\n", "hidden later", "layers", 2, "M06"),
    "a variable": ("ARG TOKEN\nENV T=$TOKEN\n", "configuration: Env", "documents", 3, "M07"),
    "an argument of a step": (
        "ARG TOKEN\nRUN date >/t\n",
        "history: created_by of RUN",
        "documents",
        2,
        "M07",
    ),
    "a label": ("ARG TOKEN\nLABEL x=$TOKEN\n", "configuration: Labels", "documents", 3, "M07"),
    "a health check": (
        "ARG TOKEN\nENV T=${TOKEN}\nHEALTHCHECK CMD test $T\n",
        "configuration: Env",
        "documents",
        3,
        "M07",
    ),
    "a bomb": (
        f"RUN --mount=type=secret,id=token head -c 70000000 /dev/zero | gzip >/t && cat {FILE} >/dev/null\n",
        "",
        "layers",
        None,
        None,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_catches(client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    lines, evidence, check, line, misconception = WRONG[name]
    done = {one.id: one for one in judged(client, tmp_path, lines)}[check]
    assert (done.status, done.misconception) == (Status.FAIL, misconception), done.message
    assert evidence in done.evidence
    assert done.line == line
    assert done.hint

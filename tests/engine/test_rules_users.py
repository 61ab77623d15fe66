"""Rules of users, capabilities, a read-only root and writable folders, on a small web server of busybox's.

Each case is a Dockerfile; the server keeps and tells a word by two CGI scripts.
"""

from __future__ import annotations

import dataclasses
import uuid
from pathlib import Path

import docker
import pytest

from checkers.attempt import Attempt
from checkers.limits import DEFAULT, Limits
from checkers.processes import processes
from checkers.result import CheckResult, Status
from checkers.rules import web, writes
from checkers.rules.base import Rule
from checkers.rules.builds import builds
from checkers.rules.capabilities import capabilities, no_setuid
from checkers.rules.not_root import not_root, numeric_user
from checkers.rules.read_only import read_only
from checkers.runner import apply
from tests.engine.base_images import BUSYBOX, need

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]
ECHO = (8000, lambda nonce: f"/cgi-bin/echo?{nonce}", lambda nonce: nonce)
SCRIPTS = {
    "echo": 'echo; echo "$QUERY_STRING"',
    "keep": 'echo "$QUERY_STRING" >/data/word && { echo; echo kept; }',
    "tell": "echo; cat /data/word",
}
SERVER = f"FROM {BUSYBOX}\nCOPY --chmod=755 cgi-bin /www/cgi-bin\n"
RUN = 'CMD ["httpd", "-f", "-p", "8000", "-h", "/www"]\n'
ACCOUNT = "RUN echo app:x:1000:1000::/:/bin/sh >>/etc/passwd && echo app:x:1000: >>/etc/group\n"
NOT_ROOT, NUMERIC, CAPABILITIES = not_root(), numeric_user(), capabilities()
READ_ONLY, READ_ONLY_TMP = read_only(*ECHO), read_only(*ECHO, tmpfs=("/tmp",))
WRITES, WRITES_VOLUME = writes.rules(
    8000,
    "/data",
    lambda nonce: f"/cgi-bin/keep?{nonce}",
    lambda nonce: ("/cgi-bin/tell", nonce),
)
NO_SETUID = no_setuid(BUSYBOX)
HASTY = dataclasses.replace(DEFAULT, run=8.0)  # what never answers is waited for to the end


def judged(
    client: docker.DockerClient, folder: Path, dockerfile: str, rule: Rule, limits: Limits = DEFAULT
) -> CheckResult:
    """What a rule says of an answer that builds and answers."""
    (folder / "cgi-bin").mkdir()
    for name, script in SCRIPTS.items():
        (folder / "cgi-bin" / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / "Dockerfile").write_text(dockerfile)
    with Attempt(client, folder, limits=limits) as attempt:
        for before in (builds(), web.answers(*ECHO)):
            done = apply(before, attempt)
            assert done.status is Status.PASS, f"{done.message}\n{done.evidence}"
        return apply(rule, attempt)


RIGHT = {
    "a number": (NOT_ROOT, "USER 1000\n"),
    "a name": (NOT_ROOT, f"{ACCOUNT}USER app\n"),
    "a number and a group": (NUMERIC, "USER 1000:1000\n"),
    "a step down at the start": (
        NOT_ROOT,
        f"{ACCOUNT}"
        'CMD ["su", "-s", "/bin/sh", "app", "-c", "exec httpd -f -p 8000 -h /www"]\n',
    ),
    "no capabilities as a user": (CAPABILITIES, "USER 1000\n"),
    "a server of files needs nothing": (READ_ONLY, "USER 1000\n"),
    "root needs nothing, either": (READ_ONLY, ""),
    "a file below /tmp": (
        READ_ONLY_TMP,
        'ENTRYPOINT ["sh", "-c", "date >/tmp/started && exec httpd -f -p 8000 -h /www"]\n',
    ),
    "a folder of the user's": (WRITES, "RUN mkdir /data && chown 1000 /data\nUSER 1000\n"),
    "a volume takes the owner over": (WRITES_VOLUME, "RUN mkdir /data && chown 1000 /data\nUSER 1000\n"),
    "a folder made by COPY --chown": (
        WRITES_VOLUME,
        "COPY --chown=1000:1000 cgi-bin /data\nUSER 1000\nVOLUME /data\n",
    ),
    "a folder that everybody may write to": (WRITES_VOLUME, "RUN mkdir -m 1777 /data\nUSER 1000\n"),
    "root at the start mends the volume": (
        WRITES_VOLUME,
        f"{ACCOUNT}"
        'ENTRYPOINT ["sh", "-c", "mkdir -p /data; chown app /data; exec su -s /bin/sh app -c '
        "'exec httpd -f -p 8000 -h /www'\"]\n",
    ),
    "no program of that kind": (NO_SETUID, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_catches_not(client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    need(client, BUSYBOX)
    rule, lines = RIGHT[name]
    done = judged(client, tmp_path, SERVER + RUN + lines, rule)
    assert done.status is Status.PASS, f"{done.message}\n{done.evidence}"


STAGES = f"FROM {BUSYBOX} AS build\nUSER 1000\nRUN true\n{SERVER}{RUN}"
WRONG = {
    "no user at all": (NOT_ROOT, SERVER + RUN, "runs as root", None),
    "a user in another stage": (NOT_ROOT, STAGES, "another stage", None),
    "a user before root again": (NOT_ROOT, f"{SERVER}{RUN}USER 1000\nUSER root\n", "runs as root", None),
    "a name that is root's": (
        NOT_ROOT,
        f"{SERVER}{RUN}RUN echo app:x:0:0::/:/bin/sh >>/etc/passwd\nUSER app\n",
        "runs as root",
        None,
    ),
    "a supervisor that stays root": (
        NOT_ROOT,
        f'{SERVER}{ACCOUNT}CMD ["sh", "-c", "su -s /bin/sh app -c \'httpd -f -p 8000 -h /www\'; true"]\n',
        "Root is still there",
        None,
    ),
    "not set": (NUMERIC, SERVER + RUN, "not set", None),
    "zero": (NUMERIC, f"{SERVER}{RUN}USER 0:1000\n", "0:1000", None),
    "a name's number is not known": (NUMERIC, f"{SERVER}{ACCOUNT}{RUN}USER app\n", "a name", None),
    "root has capabilities": (CAPABILITIES, SERVER + RUN, "capabilities", None),
    "writes beside itself": (
        READ_ONLY,
        f'{SERVER}CMD ["sh", "-c", "date >/started && exec httpd -f -p 8000 -h /www"]\n',
        "ended with exit code",
        None,
    ),
    "writes where no tmpfs is": (
        READ_ONLY_TMP,
        f'{SERVER}CMD ["sh", "-c", "date >/started && exec httpd -f -p 8000 -h /www"]\n',
        "ended with exit code",
        None,
    ),
    "steps down, which takes capabilities": (
        READ_ONLY,
        f'{SERVER}{ACCOUNT}CMD ["su", "-s", "/bin/sh", "app", "-c", "exec httpd -f -p 8000 -h /www"]\n',
        "ended with exit code",
        None,
    ),
    "root's folder": (WRITES, f"{SERVER}{RUN}RUN mkdir /data\nUSER 1000\n", "user 1000 and could not", "M08"),
    "no folder for the volume": (WRITES_VOLUME, f"{SERVER}{RUN}USER 1000\n", "empty before", "M08"),
    "files copied after the owner was set": (
        WRITES,
        f"{SERVER}{RUN}RUN mkdir /data && chown 1000 /data\nRUN rmdir /data\nCOPY cgi-bin /data\nUSER 1000\n",
        "could not keep",
        "M08",
    ),
    "a program that lends root": (
        NO_SETUID,
        f"{SERVER}{RUN}RUN cp /bin/busybox /bin/back && chmod 4755 /bin/back\n",
        "1 set-user-id program of its own",
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_catches(client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    need(client, BUSYBOX)
    rule, dockerfile, words, code = WRONG[name]
    done = judged(client, tmp_path, dockerfile, rule, HASTY if code == "M08" else DEFAULT)
    assert done.status is Status.FAIL, f"{done.message}\n{done.evidence}"
    assert words in done.message, done.message
    assert (done.misconception, bool(done.hint)) == (code, True)


def test_the_evidence_names_what_is_written(client: docker.DockerClient, tmp_path: Path) -> None:
    need(client, BUSYBOX)
    rule, dockerfile, _, _ = WRONG["writes where no tmpfs is"]
    done = judged(client, tmp_path, dockerfile, rule)
    assert "it writes to /started" in done.evidence


def test_an_image_without_a_shell_is_looked_at_too(client: docker.DockerClient, tmp_path: Path) -> None:
    """Nothing is asked of the image: this one holds a program and nothing else."""
    need(client, BUSYBOX)
    (tmp_path / "Dockerfile").write_text(
        f"FROM {BUSYBOX} AS from\nFROM scratch\nCOPY --from=from /bin/busybox /sleep\n"
        f'USER 4711:42\nLABEL a={uuid.uuid4()}\nENTRYPOINT ["/sleep", "600"]\n'
    )
    with Attempt(client, tmp_path) as attempt:
        running = attempt.run(attempt.build().tag)
        (only,) = processes(attempt, running)
        assert (only.pid, only.command, only.uids, only.gids) == (1, "/sleep 600", (4711,) * 4, (42,) * 4)
        assert only.capabilities == ()
        assert only.no_new_privileges
        running.container.kill()
        running.wait_exit(10)
        assert processes(attempt, running) == ()

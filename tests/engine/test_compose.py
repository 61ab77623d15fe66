"""Rules of Compose projects, both ways, on small projects of busybox's web server. Nothing is left of any."""

from __future__ import annotations

import dataclasses
import os
import threading
from pathlib import Path

import docker
import pytest

from checkers.attempt import Attempt
from checkers.compose.gate import Slow
from checkers.compose.project import begin, standing
from checkers.limits import DEFAULT, Limits
from checkers.result import CheckResult, Status
from checkers.rules.base import Rule
from checkers.rules.compose_answers import compose_answers
from checkers.rules.compose_persists import compose_persists
from checkers.rules.compose_published import Port, compose_published
from checkers.rules.compose_reaches import compose_reaches
from checkers.rules.compose_up import compose_up
from checkers.rules.compose_waits import compose_waits
from checkers.runner import apply
from course.engine.listing import list_images
from tests.engine.base_images import BUSYBOX, need
from tests.engine.compose_projects import project

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]
HEALTHY = "healthcheck: {test: wget -q -O /dev/null http://127.0.0.1:8000/cgi-bin/echo, interval: 30s}"
ASK = "wget -q -O /dev/null http://db:8000/cgi-bin/echo"
ECHO = compose_answers("web", 8000, lambda nonce: f"/cgi-bin/echo?{nonce}", lambda nonce: nonce)
PERSISTS = compose_persists(
    "web",
    8000,
    lambda nonce: f"/cgi-bin/keep?{nonce}",
    lambda nonce: ("/cgi-bin/tell", nonce),
    keeper="web",
)
PERSISTS_LATER = compose_persists(
    "web",
    8000,
    lambda nonce: f"/cgi-bin/keep?{nonce}",
    lambda nonce: ("/cgi-bin/later", nonce),
    keeper="web",
    patient=True,
)
REACHES, APART = compose_reaches(
    {"web": 8000, "db": 8000, "other": 8000},
    wanted={"web": ("db",), "other": ("web",)},
    unwanted={"other": ("db",), "db": ("other",)},
)
PUBLISHED = compose_published(Port("web", 8000, "8080", "127.0.0.1"))
HASTY = dataclasses.replace(DEFAULT, run=8.0)  # what never answers is waited for to the end
WAITS = compose_waits("web", 8000, "/cgi-bin/ask", slow=Slow("db"))


def judged(client: docker.DockerClient, folder: Path, *rules: Rule, limits: Limits = DEFAULT) -> CheckResult:
    """What the last rule says; those before it pass."""
    with Attempt(client, folder, limits=limits) as attempt:
        for rule in rules[:-1]:
            done = apply(rule, attempt)
            assert done.status is Status.PASS, f"{done.message}\n{done.evidence}"
        return apply(rules[-1], attempt)


NETWORKS = """
    services:
      web: {{build: ., networks: [front, back]}}
      db: {{build: ., networks: [{db}]}}
      other: {{build: ., networks: [front]}}
    networks: {{front: , back: }}
"""
WAITING = """
    services:
      web: {{build: ., {waits}}}
      db: {{build: ., {healthy}}}
"""
RIGHT: dict[str, tuple[tuple[Rule, ...], str]] = {
    "up": ((compose_up("web"),), "services: {web: {build: .}}"),
    "one-shot": (
        (compose_up("web"),),
        """
        services:
          first: {image: "busybox:1.37", command: "true"}
          web:
            build: .
            depends_on: {first: {condition: service_completed_successfully}}
        """,
    ),
    "answers": (
        (compose_up(), ECHO),
        "services: {web: {build: ., container_name: fixed, ports: ['80:8000']}}",
    ),
    "anchors": (
        (compose_up(), ECHO),
        "x-web: &web {build: .}\nservices: {web: {<<: *web}, other: {<<: *web, scale: 2}}",
    ),
    "named volume": (
        (compose_up(), ECHO, PERSISTS),
        "services: {web: {build: ., volumes: ['kept:/data']}}\nvolumes: {kept: }",
    ),
    "a folder": ((compose_up(), ECHO, PERSISTS), "services: {web: {build: ., volumes: ['./kept:/data']}}"),
    "what is behind it comes later": (
        (compose_up(), ECHO, PERSISTS_LATER),
        "services: {web: {build: ., volumes: ['kept:/data'], command: sh -c '(sleep 3; touch /tmp/there) & "
        "exec httpd -f -p 8000 -h /www'}}\nvolumes: {kept: }",
    ),
    "networks reach": ((compose_up(), REACHES), NETWORKS.format(db="back")),
    "networks apart": ((compose_up(), REACHES, APART), NETWORKS.format(db="back")),
    "reached when it listens at last": (
        (compose_up(), REACHES),
        NETWORKS.format(db="back").replace(
            "db: {build: .,", "db: {build: ., command: sh -c 'sleep 2; exec httpd -f -p 8000 -h /www',"
        ),
    ),
    "published": ((compose_up(), PUBLISHED), "services: {web: {build: ., ports: ['127.0.0.1:8080:8000']}}"),
    "waits": (
        (compose_up(), WAITS),
        WAITING.format(waits="depends_on: {db: {condition: service_healthy}}", healthy=HEALTHY),
    ),
    "waits for one that isn't root": (
        (compose_up(), WAITS),
        WAITING.format(
            waits="depends_on: {db: {condition: service_healthy}}", healthy=f"user: '1000', {HEALTHY}"
        ),
    ),
    "waits by itself": (
        (compose_up(), WAITS),
        WAITING.format(
            waits=f"command: sh -c 'until {ASK}; do sleep 0.1; done; httpd -f -p 8000 -h /www'",
            healthy=HEALTHY,
        ),
    ),
}
WRONG: dict[str, tuple[tuple[Rule, ...], str, str, str | None]] = {
    "ends": (
        (compose_up(),),
        "services: {a: {image: 'busybox:1.37', command: 'false'}}",
        "exit code 1",
        None,
    ),
    "unhealthy": (
        (compose_up(),),
        "services: {web: {build: ., healthcheck: {test: 'false', interval: 1s, retries: 1}}}",
        "web is unhealthy",
        None,
    ),
    "no such image": ((compose_up(),), "services: {web: {image: 'postgres:9'}}", "none of them", None),
    "hostile": (
        (compose_up(),),
        "services: {web: {build: ., volumes: ['/:/host']}}",
        "files of the machine",
        None,
    ),
    "no answer": (
        (compose_up(), ECHO),
        "services: {web: {build: ., command: httpd -f -p 127.0.0.1:8000 -h /www}}",
        "127.0.0.1:8000 only",
        "M02",
    ),
    "nothing kept": ((compose_up(), ECHO, PERSISTS), "services: {web: {build: .}}", "gone", "M04"),
    "a volume without a name": (
        (compose_up(), ECHO, PERSISTS),
        "services: {web: {build: ., volumes: [/data]}}",
        "gone",
        "M04",
    ),
    "a volume that a command clears": (
        (compose_up(), ECHO, PERSISTS),
        "services: {web: {build: ., volumes: ['kept:/data'], command: sh -c 'rm -f /data/*; "
        "exec httpd -f -p 8000 -h /www'}}\nvolumes: {kept: }",
        "gone",
        None,
    ),
    "can't reach": (
        (compose_up(), REACHES),
        NETWORKS.format(db="hidden").replace("front: ,", "front: , hidden: ,"),
        "web can't reach db",
        None,
    ),
    "listens for itself alone": (
        (compose_up(), REACHES),
        NETWORKS.format(db="back").replace(
            "db: {build: .,", "db: {build: ., command: httpd -f -p 127.0.0.1:8000 -h /www,"
        ),
        "127.0.0.1:8000 only",
        "M02",
    ),
    "in another's network namespace": (
        (compose_up(), REACHES, APART),
        NETWORKS.format(db="back").replace("other: {build: ., networks: [front]}", "other: {build: ., "
        "network_mode: 'service:web', command: tail -f /dev/null}"),
        "other reaches db",
        None,
    ),
    "all on one": ((compose_up(), REACHES, APART), NETWORKS.format(db="front"), "and should not", None),
    "for everybody": (
        (compose_up(), PUBLISHED),
        "services: {web: {build: ., ports: ['8080:8000']}}",
        "not",
        None,
    ),
    "only exposed": (
        (compose_up(), PUBLISHED),
        "services: {web: {build: ., expose: ['8000']}}",
        "not",
        "M01",
    ),
    "one too many": (
        (compose_up(), PUBLISHED),
        "services: {web: {build: ., ports: ['127.0.0.1:8080:8000', '9000']}}",
        "too",
        None,
    ),
    "started is not ready": (
        (compose_up(), WAITS),
        WAITING.format(waits="depends_on: [db]", healthy=HEALTHY),
        "first request",
        "M03",
    ),
    "a check that is always true": (
        (compose_up(), WAITS),
        WAITING.format(
            waits="depends_on: {db: {condition: service_healthy}}", healthy="healthcheck: {test: 'true'}"
        ),
        "first request",
        "M03",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_catches_not(client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    need(client, BUSYBOX)
    rules, compose = RIGHT[name]
    done = judged(client, project(tmp_path, compose, pw="x"), *rules)
    assert done.status is Status.PASS, f"{done.message}\n{done.evidence}"


@pytest.mark.parametrize("name", WRONG)
def test_catches(client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    need(client, BUSYBOX)
    rules, compose, words, misconception = WRONG[name]
    done = judged(
        client, project(tmp_path, compose), *rules, limits=HASTY if name == "no answer" else DEFAULT
    )
    assert done.status is Status.FAIL, f"{done.message}\n{done.evidence}"
    assert words in done.message
    assert done.hint
    assert done.misconception == misconception


def test_limits_and_names_are_the_attempts(client: docker.DockerClient, tmp_path: Path) -> None:
    """Nothing of it meets anybody, is published or has no limits; and all goes."""
    need(client, BUSYBOX)
    compose = """
        services:
          web:
            build: .
            container_name: fixed
            restart: always
            ports: ["80:8000"]
            volumes: [kept:/data, /nameless, ./cgi-bin:/x]
            deploy: {resources: {limits: {memory: 32m}}}
        volumes: {kept: {name: everybodys}}
        networks: {default: {name: everybodys}}
    """
    with Attempt(client, project(tmp_path, compose)) as attempt:
        made = standing(attempt)
        (one,) = made.containers()
        record = one.inspect()
        host = record["HostConfig"]
        assert record["Name"].startswith(f"/{attempt.name}-")
        assert (host["Memory"], host["PidsLimit"], host["NanoCpus"]) == (32 << 20, 256, 10**9)
        assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 10}
        assert not host["PortBindings"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert host["LogConfig"]["Config"]["max-file"] == "1"
        assert all(mount["Type"] == "volume" for mount in record["Mounts"])
        made.down()
        made.up()
        name = attempt.name
    assert left(client, name) == []


def test_nothing_is_left_of_a_project_that_was_stopped(client: docker.DockerClient, tmp_path: Path) -> None:
    need(client, BUSYBOX)
    compose = WAITING.format(
        waits="depends_on: {db: {condition: service_healthy}}", healthy="healthcheck: {test: 'false'}"
    )
    with Attempt(client, project(tmp_path, compose)) as attempt:
        name, made = attempt.name, begin(attempt)
        threading.Timer(2.0, attempt.stop.now).start()
        with pytest.raises(KeyboardInterrupt):
            made.up()
    assert left(client, name) == []


def left(client: docker.DockerClient, name: str) -> list[str]:
    """What there is in the engine whose name begins so."""
    found = [one.name for one in client.containers.list(all=True, ignore_removed=True)]
    found += [one.name for one in client.networks.list()] + [one.name for one in client.volumes.list()]
    found += [tag for one in list_images(client.api, f"{name}:*") for tag in one["RepoTags"]]
    return [one for one in found if one and one.startswith(name)]


def test_a_variable_of_the_checker_is_none_of_the_projects(
    client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "COURSE_TEST_SECRET", "told")
    compose = "services: {web: {build: ., environment: {A: '${COURSE_TEST_SECRET:-nothing}'}}}"
    with Attempt(client, project(tmp_path, compose)) as attempt:
        assert begin(attempt).config["services"]["web"]["environment"] == {"A": "nothing"}

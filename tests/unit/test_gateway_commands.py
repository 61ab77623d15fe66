"""The docker command shown beside a call, and how prunes are narrowed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from course.engine.gateway.docker_cli import docker_command
from course.engine.gateway.images import with_argument
from course.engine.gateway.pruning import narrowed
from course.engine.labels import MADE, made
from course.engine.makers import MAKER

CREATE = "/containers/create"

CASES: list[tuple[str, str, str, Any, str]] = [
    ("GET", "/containers/json", "", None, "docker ps"),
    ("GET", "/containers/json", "all=1&limit=3", None, "docker ps -a --last 3"),
    (
        "GET",
        "/containers/json",
        'filters={"label":{"a=b":true,"c":false}}',
        None,
        "docker ps --filter label=a=b",
    ),
    ("POST", "/containers/web/start", "", None, "docker start web"),
    ("POST", "/containers/web/stop", "t=3", None, "docker stop --timeout 3 web"),
    ("POST", "/containers/web/kill", "signal=TERM", None, "docker kill --signal TERM web"),
    ("POST", "/containers/web/pause", "", None, "docker pause web"),
    ("POST", "/containers/web/rename", "name=x", None, "docker rename web x"),
    ("DELETE", "/containers/web", "force=1&v=1", None, "docker rm -f -v web"),
    ("DELETE", "/containers/web", "force=False&v=False", None, "docker rm web"),
    ("GET", "/containers/web/logs", "follow=1&tail=5&stdout=1", None, "docker logs -f --tail 5 web"),
    ("GET", "/containers/web/logs", "tail=all", None, "docker logs web"),
    ("GET", "/containers/web/archive", "path=/etc/hosts", None, "docker cp web:/etc/hosts ."),
    ("GET", "/containers/web/top", "", None, "docker top web"),
    ("GET", "/images/json", "", None, "docker images"),
    ("GET", "/images/me/app:1/json", "", None, "docker image inspect me/app:1"),
    ("GET", "/images/app/history", "", None, "docker history app"),
    ("GET", "/images/get", "names=a&names=b", None, "docker save a b"),
    ("POST", "/images/app/tag", "repo=me/app&tag=2", None, "docker tag app me/app:2"),
    ("POST", "/images/me/app/push", "tag=2", None, "docker push me/app:2"),
    ("POST", "/images/create", "fromImage=docker.io/library/nginx&tag=1", None, "docker pull nginx:1"),
    ("POST", "/images/create", "fromImage=nginx&tag=sha256:ab", None, "docker pull nginx@sha256:ab"),
    ("POST", "/images/load", "quiet=1", None, "docker load"),
    ("DELETE", "/images/app", "", None, "docker rmi app"),
    ("POST", "/commit", "container=web&repo=app&tag=2", None, "docker commit web app:2"),
    ("POST", "/commit", "container=web", None, "docker commit web"),
    (
        "POST",
        "/build",
        't=app&buildargs={"A":"1"}&nocache=1',
        None,
        "docker build -t app --build-arg A=1 --no-cache .",
    ),
    ("POST", "/containers/web/exec", "", {"Cmd": ["ls", "a b"], "Tty": True}, "docker exec -t web ls 'a b'"),
    ("POST", "/networks/create", "", {"Name": "n", "Driver": "bridge"}, "docker network create n"),
    ("POST", "/networks/n/connect", "", {"Container": "web"}, "docker network connect n web"),
    ("POST", "/volumes/create", "", {"Name": "v", "Labels": made("volume")}, "docker volume create v"),
    ("DELETE", "/volumes/v", "", None, "docker volume rm v"),
    ("GET", "/system/df", "", None, "docker system df"),
    ("GET", "/events", "", None, "docker events"),
    ("POST", CREATE, "name=web", {"Image": "nginx"}, "docker create --name web nginx"),
    (
        "POST",
        CREATE,
        "",
        {
            "Image": "nginx",
            "HostConfig": {
                "PortBindings": {
                    "80/tcp": [{"HostIp": "", "HostPort": "8080"}],
                    "53/udp": [{"HostIp": "127.0.0.1", "HostPort": ""}],
                }
            },
        },
        "docker create -p 8080:80 -p 127.0.0.1::53/udp nginx",
    ),
    (
        "POST",
        CREATE,
        "",
        {
            "Image": "app",
            "Cmd": ["sh", "-c", "echo $A"],
            "Entrypoint": ["tini", "--"],
            "Env": ["A=1 2"],
            "Labels": {MADE: "container", "mine": ""},
            "HostConfig": {
                "Memory": 64 << 20,
                "NanoCpus": 500_000_000,
                "AutoRemove": True,
                "NetworkMode": "net",
                "Binds": ["data:/data"],
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
            },
        },
        "docker create --rm -m 64m --cpus 0.5 --network net -e 'A=1 2' -v data:/data --restart on-failure:3"
        " --label mine --entrypoint tini app -- sh -c 'echo $A'",
    ),
    (
        "POST",
        CREATE,
        "",
        {"Image": "a", "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 2 * 10**9, "Retries": 3}},
        "docker create --health-cmd true --health-interval 2s --health-retries 3 a",
    ),
    # Defaults as the command line sends them are no flags.
    (
        "POST",
        CREATE,
        "",
        {
            "Image": "a",
            "Env": None,
            "Tty": False,
            "HostConfig": {"NetworkMode": "bridge", "RestartPolicy": {"Name": "no"}, "Memory": 0},
        },
        "docker create a",
    ),
    # No command makes these calls, or the call is not one.
    ("HEAD", "/_ping", "", None, ""),
    ("POST", "/exec/abc/start", "", {"Detach": False}, ""),
    ("POST", "/session", "", None, ""),
    ("POST", CREATE, "", {}, ""),
    ("POST", CREATE, "", {"Image": 3, "Env": 5}, ""),
    ("POST", "/containers/web/rename", "", None, ""),
    ("GET", "/nonsense", "", None, ""),
]


@pytest.mark.parametrize(("method", "path", "query", "body", "command"), CASES)
def test_the_command_of_a_call(method: str, path: str, query: str, body: Any, command: str) -> None:
    raw = b"" if body is None else json.dumps(body).encode()
    assert docker_command(method, path, query, raw) == command


def test_a_body_that_is_no_json_gives_no_command() -> None:
    assert docker_command("POST", CREATE, "name=x", b"\xff\x00") == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", {"label": [f"{MADE}=volume"]}),
        ("{}", {"label": [f"{MADE}=volume"]}),
        ('{"label":["a=b"]}', {"label": ["a=b", f"{MADE}=volume"]}),
        ('{"label":{"a=b":true}}', {"label": ["a=b", f"{MADE}=volume"]}),
        ('{"until":["1h"],"all":{"1":true}}', {"until": ["1h"], "all": ["1"], "label": [f"{MADE}=volume"]}),
        ('{"label!":["c"],"until":1}', {"label!": ["c", MAKER], "until": [1], "label": [f"{MADE}=volume"]}),
        ("nonsense", {"label": [f"{MADE}=volume"]}),
        ("[1]", {"label": [f"{MADE}=volume"]}),
    ],
)
def test_a_prune_is_narrowed(before: str, after: dict[str, list[str]]) -> None:
    assert json.loads(narrowed(before, "volume")) == {"label!": [MAKER]} | after


def test_an_argument_is_replaced_and_the_others_are_left_as_they_were() -> None:
    query = with_argument("t=a%2Fb&labels=%7B%7D&t=c&x", "labels", '{"a":"&="}')
    assert query.startswith("t=a%2Fb&t=c&x&labels=")
    assert parse_qs(query)["labels"] == ['{"a":"&="}']
    assert parse_qs(with_argument("changes=1", "changes", "2", replace=False))["changes"] == ["1", "2"]

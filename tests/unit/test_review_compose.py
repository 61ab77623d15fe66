"""Advice on Compose files, on configurations as Compose resolves them: what is caught, and what isn't."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.review.advisers import ALL
from checkers.review.pointing import line_of
from checkers.review.seen import Compose, Seen

TEXT = """\
services:
  # db: not this one
  web:
    image: "shop/web"
    ports: ["8080:80"]
    depends_on: [db]
    environment:
      PASSWORD: s8df7s8df

  db:
    image: postgres
volumes:
  db:
"""
GOOD: dict[str, Any] = {"restart": "always", "mem_limit": "1"}


def found(**services: dict[str, Any]) -> list[str]:
    """The ids and severities of the advice on those services, each of which is well but for what is given."""
    config = {"services": {name: GOOD | service for name, service in services.items()}}
    seen = Seen("", compose=Compose("compose.yaml", TEXT, config))
    return [f"{one.id} {one.severity}" for adviser in ALL for one in adviser(seen)]


def port(target: int, host_ip: str = "") -> dict[str, Any]:
    return {"mode": "ingress", "target": target, "published": "8080", "protocol": "tcp", "host_ip": host_ip}


def mount(source: str, kind: str = "bind", target: str = "/x") -> dict[str, Any]:
    return {"type": kind, "source": source, "target": target}


CATCHES = [
    ({"privileged": True}, "compose-host serious"),
    ({"volumes": [mount("/var/run/docker.sock")]}, "compose-host serious"),
    ({"volumes": [mount("/")]}, "compose-host serious"),
    ({"volumes": [mount("/etc")]}, "compose-host serious"),
    ({"network_mode": "host"}, "compose-host advice"),
    ({"pid": "host"}, "compose-host advice"),
    ({"cap_add": ["SYS_ADMIN"]}, "compose-host advice"),
    ({"environment": {"PASSWORD": "s8df7s8df"}}, "compose-secret advice"),
    ({"ports": [port(5432)]}, "compose-published advice"),
    ({"ports": [port(80, "0.0.0.0")]}, "compose-published note"),
    ({"image": "shop/web"}, "compose-latest advice"),
    ({"image": "redis:latest"}, "compose-latest advice"),
    ({"image": "postgres:17"}, "compose-volume advice"),
    ({"image": "mysql:8", "volumes": [mount("data", "volume", "/data")]}, "compose-volume advice"),
    ({"mem_limit": None}, "compose-limits note"),
    ({"restart": "no", "ports": [port(80, "127.0.0.1")]}, "compose-restart note"),
]
CATCHES_NOT: list[dict[str, Any]] = [
    {"volumes": [mount("/home/me/shop/html"), mount("data", "volume")], "cap_add": ["NET_BIND_SERVICE"]},
    {"network_mode": "bridge", "privileged": False},
    {"environment": {"PASSWORD": "from-the-env-file-alone", "MODE": None}},
    {"environment": {"PASSWORD_FILE": "/run/secrets/db"}},
    {"ports": [port(5432, "127.0.0.1")]},
    {"image": "redis:8"},
    {"image": "shop/web", "build": {"context": "."}},
    {"image": "postgres:17", "volumes": [mount("data", "volume", "/var/lib/postgresql/data")]},
    {"mem_limit": None, "deploy": {"resources": {"limits": {"memory": "1"}}}},
    {"restart": "no"},
]


@pytest.mark.parametrize(("service", "wanted"), CATCHES)
def test_it_catches(service: dict[str, Any], wanted: str) -> None:
    assert found(web=service) == [wanted]


@pytest.mark.parametrize("service", CATCHES_NOT)
def test_it_leaves_alone(service: dict[str, Any]) -> None:
    assert found(web=service) == []


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("service_started", ["compose-start-order advice"]),
        ("service_healthy", []),
        ("service_completed_successfully", []),
    ],
)
def test_the_start_order(condition: str, wanted: list[str]) -> None:
    assert found(web={"depends_on": {"db": {"condition": condition, "required": True}}}, db={}) == wanted


def test_a_file_that_compose_refuses() -> None:
    seen = Seen("", compose=Compose("compose.yaml", TEXT, error="yaml: line 7: did not find expected key"))
    advice = [one for adviser in ALL for one in adviser(seen)]
    assert [(one.id, one.line) for one in advice] == [("compose-refused", 7)]


@pytest.mark.parametrize(
    ("service", "word", "line"),
    [
        ("web", "PASSWORD", 8),
        ("web", "nowhere", 3),
        ("db", "image", 11),
        ("db", "ports", 10),
        ("cache", "x", None),
    ],
)
def test_it_points_at_the_line(service: str, word: str, line: int | None) -> None:
    assert line_of(Compose("compose.yaml", TEXT), service, word) == line

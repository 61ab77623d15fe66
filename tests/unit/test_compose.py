"""A Compose project as Compose tells it, and its start as the engine's events tell it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from course import plots
from course.compose import Need, read_project, read_startup

CONFIG: dict[str, Any] = {
    "name": "shop",
    "services": {
        "app": {
            "build": {"context": "/x"},
            "depends_on": {"db": {"condition": "service_healthy"}, "cache": {"condition": "service_started"}},
            "networks": {"front": None, "back": None},
            "ports": [{"target": 80, "published": "8080"}, {"target": 90}],
            "volumes": [
                {"type": "volume", "source": "data", "target": "/a"},
                {"type": "volume", "source": "data", "target": "/b"},
                {"type": "volume", "target": "/nameless"},
                {"type": "bind", "source": "/x", "target": "/c"},
            ],
        },
        "cache": {"image": "redis:8", "networks": {"back": None}},
        "db": {"image": "postgres:17", "networks": {"back": None}},
    },
    "networks": {"front": {}, "back": {}},
    "volumes": {"data": {}},
}


def event(service: str, action: str, at: float, **more: str) -> dict[str, Any]:
    attributes = {"com.docker.compose.service": service, **more}
    return {
        "Type": "container",
        "Action": action,
        "timeNano": int(at * 1e9),
        "Actor": {"Attributes": attributes},
    }


STREAM = [
    event("db", "create", 100.0),
    event("web", "create", 100.1),
    event("web", "create", 100.2, **{"com.docker.compose.container-number": "2"}),
    event("visitor", "create", 100.2),
    event("visitor", "start", 100.3),
    event("db", "start", 100.5),
    event("db", "exec_start: pg_isready", 101.0),
    event("db", "health_status: healthy", 102.0),
    event("web", "start", 102.5),
    event("visitor", "die", 103.5, exitCode="0"),
    {"Type": "network", "Action": "create", "time": 1},
    {"Type": "container", "Action": "start", "time": 1, "Actor": {"Attributes": {"name": "somebody's"}}},
]


def test_services_come_in_the_order_in_which_they_can_start() -> None:
    project = read_project(json.dumps(CONFIG))
    assert [service.name for service in project.services] == ["cache", "db", "app"]


def test_what_a_service_waits_for_and_shares() -> None:
    app = read_project(CONFIG).services[-1]
    assert app.needs == (Need("cache", "service_started"), Need("db", "service_healthy"))
    assert (app.networks, app.volumes) == (("back", "front"), ("data",))
    assert (app.image, app.ports) == ("", ("8080:80", ":90"))


def test_a_circle_ends_the_order_and_no_more() -> None:
    ring = {name: {"depends_on": {other: {}}} for name, other in (("a", "b"), ("b", "a"))}
    assert [one.name for one in read_project({"services": ring}).services] == ["a", "b"]


def test_the_start_is_told_by_container_from_the_first_event_on() -> None:
    starts = {one.service: one for one in read_startup(reversed(STREAM))}
    assert list(starts) == ["db", "visitor", "web", "web 2"]
    assert [moment.state for moment in starts["db"].moments] == ["created", "started", "healthy"]
    assert starts["db"].when("healthy") == pytest.approx(2.0)
    assert starts["web 2"].when("started") is None
    assert starts["visitor"].moments[-1].exit_code == 0


def test_the_alt_text_says_who_waited_for_whom_and_no_time() -> None:
    slower = [{**one, "timeNano": one["timeNano"] * 2} if "timeNano" in one else one for one in STREAM]
    alt = plots.startup_timeline(STREAM, visitor="visitor").alt
    assert alt == plots.startup_timeline(slower, visitor="visitor").alt
    assert "Started after db was healthy: web." in alt
    assert alt.endswith("answered in the end.")


def test_a_visitor_that_gave_up_was_not_answered() -> None:
    stream = [*STREAM[:-3], event("visitor", "die", 103.5, exitCode="1")]
    alt = plots.startup_timeline(stream, visitor="visitor").alt
    assert "answered" not in alt
    assert "exited with code 1" in alt


def test_the_graph_says_each_condition() -> None:
    alt = plots.compose_graph(CONFIG).alt
    assert "app: waits for cache (started), waits for db (healthy)" in alt
    assert "mounts volume data" in alt


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        read_project("no configuration file provided: not found")

"""A service's story from what a manager says, look by look; a Swarm's state; the doors; who is left over."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from docker.errors import APIError

from course import plots
from course.engine.makers import MAKER, made_by
from course.errors import EngineStartFailed, InputError
from course.swarm import History, Mark, Stage, TaskStory, follow, why_not
from course.swarm.door import Door
from course.swarm.history import Recorder
from course.swarm.nodes import NODE, remove_left_over
from course.swarm.state import read

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> str:
    return (
        (BEGAN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "123Z")
    )  # nine digits, as Go has


def node(name: str, state: str = "ready", **more: Any) -> dict[str, Any]:
    return {
        "ID": f"id-{name}",
        "CreatedAt": at(0.5),
        "Description": {"Hostname": name},
        "Spec": {"Role": "worker", "Availability": "active"},
        "Status": {"State": state},
    } | more


def task(
    number: str, slot: int, image: str, where: str, state: str, since: float, wanted: str = "running"
) -> dict[str, Any]:
    return {
        "ID": number,
        "Slot": slot,
        "ServiceID": "s",
        "NodeID": f"id-{where}",
        "CreatedAt": at(since - 1 + 0.000_001),
        "DesiredState": wanted,
        "Status": {"State": state, "Timestamp": at(since + 0.000_001)},
        "Spec": {"ContainerSpec": {"Image": image}},
    }


def service(image: str, replicas: int, update: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {
        "ID": "s",
        "Spec": {
            "Name": "shop",
            "TaskTemplate": {"ContainerSpec": {"Image": image}},
            "Mode": {"Replicated": {"Replicas": replicas}},
        },
    }
    return told | ({"UpdateStatus": {"State": update}} if update else {})


def story(history: History) -> list[tuple[int, str, str, list[tuple[str, int]]]]:
    return [
        (t.slot, t.version, t.node, [(stage.state, round(stage.seconds)) for stage in t.stages])
        for t in history.tasks
    ]


def test_an_update_is_told_task_by_task() -> None:
    recorder = Recorder(BEGAN)
    nodes = [node("one"), node("two")]
    old, new = "r.example:5000/shop:1@sha256:00", "shop:2"
    before = [task("a", 1, old, "one", "running", -9)]
    assert not recorder.look(service(new, 1), before, nodes, 0.0)  # the old one runs, the new one is wanted
    stopping = [task("a", 1, old, "one", "running", -9, "shutdown"), task("b", 1, new, "two", "preparing", 2)]
    assert not recorder.look(service(new, 1, "updating"), stopping, nodes, 2.1)
    # How a task ends that was told to end is no failure.
    after = [task("a", 1, old, "one", "failed", 4, "shutdown"), task("b", 1, new, "two", "running", 6)]
    assert not recorder.look(service(new, 1, "updating"), after, nodes, 6.1)
    assert recorder.look(service(new, 1, "completed"), after, nodes, 8.0)
    history = recorder.history("shop", 8.0)
    assert story(history) == [
        (1, "1", "one", [("starting", -10), ("running", -9), ("ended", 4)]),
        (1, "2", "two", [("starting", 1), ("running", 6)]),
    ]
    assert [(round(moment), count) for moment, count in history.counts()] == [(0, 1), (4, 0), (6, 1)]
    assert [count for _, count in history.counts("2")] == [0, 1]
    assert history.fewest() == 0
    assert history.marks == (Mark("completed", 8.0),)


def test_a_task_that_fails_by_itself_has_failed_and_the_way_back_is_marked_once() -> None:
    recorder = Recorder(BEGAN)
    nodes = [node("one")]
    running = [task("a", 1, "shop:3", "one", "starting", 1)]
    recorder.look(service("shop:3", 1, "updating"), running, nodes, 1.0)
    ended = [
        task("a", 1, "shop:3", "one", "failed", 2, "shutdown"),
        task("b", 1, "shop:2", "one", "ready", 3),
    ]
    assert not recorder.look(service("shop:2", 1, "rollback_started"), ended, nodes, 3.0)
    back = [ended[0], task("b", 1, "shop:2", "one", "running", 4)]
    assert recorder.look(service("shop:2", 1, "rollback_completed"), back, nodes, 4.5)
    history = recorder.history("shop", 5.0)
    assert [stage.state for stage in history.tasks[0].stages] == ["starting", "failed"]
    assert [mark.text for mark in history.marks] == ["rolls back"]


def test_a_lost_nodes_tasks_end_when_it_was_killed_not_when_that_was_noticed() -> None:
    recorder = Recorder(BEGAN, lost="two")
    before = [
        task("a", 1, "shop:1", "two", "running", -5),
        task("z", 1, "shop:0", "two", "failed", -8, "shutdown"),
    ]
    assert not recorder.look(service("shop:1", 1), before, [node("one"), node("two")], 0.1)
    gone = [
        task("a", 1, "shop:1", "two", "running", -5, "shutdown"),
        task("b", 1, "shop:1", "one", "running", 5),
    ]
    assert recorder.look(service("shop:1", 1), gone, [node("one"), node("two", "down")], 5.2)
    history = recorder.history("shop", 5.2)
    assert story(history) == [  # and "z" is of an earlier story
        (1, "1", "two", [("starting", -6), ("running", -5), ("lost", 0)]),
        (1, "1", "one", [("starting", 4), ("running", 5)]),
    ]
    assert history.marks == (Mark("two is missed", 5.2),)


def test_follow_gives_up_with_the_tasks_own_words() -> None:
    client = MagicMock()
    client.info.return_value = {"SystemTime": at(0.5)}
    waiting = task("a", 1, "shop:1", "one", "pending", 1)
    waiting["Status"]["Err"] = "no suitable node"
    client.api.tasks.return_value, client.api.nodes.return_value = [waiting], [node("one")]
    client.api.inspect_service.return_value = service("shop:1", 1)
    with pytest.raises(InputError, match="shop has not settled") as caught:
        follow(client, "shop", seconds=0.0)
    assert caught.value.detail == "no suitable node"


def test_the_timeline_says_in_words_what_it_shows() -> None:
    history = History(
        "shop",
        (
            TaskStory(1, "1", "one", (Stage("starting", -9), Stage("running", -8), Stage("ended", 2))),
            TaskStory(1, "2", "two", (Stage("starting", 1), Stage("running", 4), Stage("failed", 5))),
            TaskStory(2, "1", "two", (Stage("starting", -9), Stage("running", -8))),
        ),
        (Mark("rolls back", 5.0),),
        8.0,
    )
    picture = plots.task_timeline(history)
    assert picture.alt == (
        "Timeline of 2 replicas of shop, and how many of them run. Versions in order: 1, 2. "
        "Replicas whose task was replaced: 1. Tasks that failed are marked. "
        "At the end run: version 1. Marked: rolls back."
    )
    assert picture.png().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="no task"):
        plots.task_timeline(History("shop", (), (), 1.0))


def test_a_swarm_is_read_and_drawn() -> None:
    leader = node("zed", ManagerStatus={"Leader": True})
    second = node("aaa", "down", CreatedAt=at(9.5))
    placed = task("a", 3, "x/shop:7@sha256:00", "zed", "running", 1)
    placed["NetworksAttachments"] = [
        {"Network": {"Spec": {"Name": "front"}}, "Addresses": ["10.0.1.7/24"]},
        {"Network": {"Spec": {"Name": "ingress"}}},
    ]
    other = task("b", 1, "shop:7", "zed", "starting", 1)
    swarm = read([second, leader, node("bbb")], [placed, other], [service("shop:7", 1)])
    assert [(member.name, member.role, member.state) for member in swarm.members] == [
        ("zed", "leader", "ready"), ("bbb", "worker", "ready"), ("aaa", "worker", "down"),
    ]  # fmt: skip
    (only,) = swarm.members[0].tasks
    assert (only.name, only.version, only.addresses) == ("shop.3", "7", {"front": "10.0.1.7"})
    assert plots.swarm_map(swarm).alt == (
        "Map of a Swarm. zed (leader): 1 task; bbb (worker): 0 tasks; aaa (worker, down): 0 tasks. "
        "Overlay network front joins zed."
    )


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """A door whose docker command answers in the engine's place."""
    program = tmp_path / "docker"
    program.write_text('#!/bin/sh\necho "$DOCKER_HOST $*"\nexec cat\n')
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    opened = Door("c0ffee", tmp_path / "d.sock", {"PATH": path, "DOCKER_HOST": "unix:///outer"}).open()
    yield opened
    opened.close()


def test_a_door_hands_each_connection_to_the_engine_in_the_container(door: Door) -> None:
    for _ in range(2):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(20)
            caller.connect(door.url.removeprefix("unix://"))
            caller.sendall(b"GET /_ping")
            caller.shutdown(socket.SHUT_WR)
            said = b"".join(iter(lambda: caller.recv(4096), b"")).decode()
        assert said == "unix:///outer exec -i c0ffee docker system dial-stdio\nGET /_ping"


def test_a_closed_door_leaves_no_socket_and_no_program(door: Door) -> None:
    path = Path(door.url.removeprefix("unix://"))
    assert path.stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(20)
        caller.connect(str(path))
        assert caller.recv(4)  # its program runs
        door.close()
        with contextlib.suppress(ConnectionError):
            while caller.recv(4096):  # and now it ends
                pass
    assert not path.exists()


def test_without_a_command_line_the_door_says_so(tmp_path: Path) -> None:
    with pytest.raises(EngineStartFailed, match="docker command line"):
        Door("c0ffee", tmp_path / "d.sock", {"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("info", "said", "why"),
    [
        ({"OSType": "windows"}, b"", "Windows"),
        ({"OSType": "linux", "SecurityOptions": ["name=seccomp", "name=rootless"]}, b"", "rootless"),
        ({"OSType": "linux"}, b"ip: RTNETLINK answers: Operation not supported\n", "no VXLAN"),
        ({"OSType": "linux"}, APIError("no", explanation="privileged mode is forbidden"), "is forbidden"),
        ({"OSType": "linux"}, b"ip: RTNETLINK answers: Invalid argument\n", ""),
    ],
)
def test_why_an_engine_can_run_no_others(
    info: dict[str, Any], said: bytes | Exception, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COURSE_SWARM", raising=False)
    client = MagicMock()
    client.info.return_value = info
    client.containers.run.side_effect = [said]
    found = why_not(client)
    assert why in found
    assert bool(found) == bool(why)


def test_the_recorded_results_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_SWARM", "recorded")
    assert "COURSE_SWARM" in why_not(MagicMock())


def test_only_what_a_killed_process_left_is_removed() -> None:
    mine, theirs = MagicMock(), MagicMock()
    mine.labels, theirs.labels = {NODE: made_by()[MAKER]}, {NODE: "elsewhere 1 0"}
    network = MagicMock(attrs={"Labels": {NODE: "elsewhere 1 0"}})
    client = MagicMock()
    client.containers.list.return_value, client.networks.list.return_value = [mine, theirs], [network]
    remove_left_over(client)
    mine.remove.assert_not_called()
    theirs.remove.assert_called_once_with(force=True, v=True)
    network.remove.assert_called_once_with()

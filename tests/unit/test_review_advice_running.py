"""Advisers on how an image runs: its users, ports, health check and end. What they catch and leave alone."""

from __future__ import annotations

import pytest

from checkers.http import Listener
from checkers.processes import Process
from checkers.review.advisers import health_check, ports, root, stop
from checkers.review.seen import Health, Ran, Stop
from checkers.rules.health import Result
from tests.unit.advised import Caught, LeftAlone, image, name, told

WEB = {"ExposedPorts": {"8000/tcp": {}}, "Healthcheck": {"Test": ["CMD-SHELL", "wget -q localhost:8000"]}}


def process(pid: int, command: str, uid: int) -> Process:
    return Process(pid, 0, command, (uid,) * 4, (uid,) * 4)


ROOT = Ran(processes=(process(1, "python app.py", 0),))
HEARD = Ran(listeners=(Listener("0.0.0.0", 8000),))
CURL = Result("1", 127, "/bin/sh: 1: curl: not found")

CATCHES: list[Caught] = [
    (health_check.advise, {"config": {"ExposedPorts": {"80/tcp": {}}}}, ["health-missing note"]),
    (
        health_check.advise,
        {"config": {"Healthcheck": {"Test": ["NONE"]}}, "ran": HEARD},
        ["health-missing note"],
    ),
    (health_check.advise, {"config": WEB, "ran": Ran(health=Health((CURL,)))}, ["health-broken serious"]),
    (
        health_check.advise,
        {"config": WEB, "ran": Ran(health=Health((Result("1", 1, "503"),)))},
        ["health-broken note"],
    ),
    (
        health_check.advise,
        {"config": WEB, "ran": Ran(health=Health((), True, (1,), (0, 0)))},
        ["health-blind advice"],
    ),
    (
        health_check.advise,
        {"config": WEB, "ran": Ran(health=Health((), True, (0, 0)))},
        ["health-blind advice"],
    ),
    (
        health_check.advise,
        {"config": {"Healthcheck": {"Test": ["CMD", "x"], "Interval": 300 * 10**9}}},
        ["health-slow note"],
    ),
    (
        ports.advise,
        {"ran": Ran(listeners=(Listener("127.0.0.1", 8000), Listener("::1", 8000)))},
        ["listens-inside serious"],
    ),
    (ports.advise, {"config": {"ExposedPorts": {"3000/tcp": {}}}, "ran": HEARD}, ["expose-wrong advice"]),
    (root.advise, {"ran": ROOT}, ["root advice"]),
    (root.advise, {"image": image([])}, ["root advice"]),
    (root.advise, {"image": image([]), "config": {"User": "0:0"}}, ["root advice"]),
    (
        root.advise,
        {"ran": Ran(processes=(process(1, "nginx", 0), process(7, "worker", 101)))},
        ["root-beside note"],
    ),
    (stop.advise, {"ran": Ran(stop=Stop(True, 10.1))}, ["killed advice"]),
]
CATCHES_NOT: list[LeftAlone] = [
    (health_check.advise, {"config": {}, "ran": Ran(ending="ended with exit code 0")}),
    (health_check.advise, {"config": WEB, "ran": Ran(health=Health((), True, (1,), (0, 1)))}),
    (health_check.advise, {"config": WEB, "ran": Ran(health=Health((), True, ()))}),
    (health_check.advise, {"config": WEB, "ran": Ran(ending="ended with exit code 1", health=None)}),
    (ports.advise, {"config": {"ExposedPorts": {"8000/tcp": {}}}, "ran": HEARD}),
    (ports.advise, {"ran": Ran(listeners=(Listener("127.0.0.1", 9), Listener("::", 8000)))}),
    (root.advise, {"image": image([]), "config": {"User": "10001"}}),
    (
        root.advise,
        {"image": image([]), "config": {"User": ""}, "ran": Ran(processes=(process(1, "app", 999),))},
    ),
    (stop.advise, {"ran": Ran(stop=Stop(False, 0.2))}),
    (stop.advise, {"ran": Ran(ending="ended with exit code 0")}),
]


@pytest.mark.parametrize("case", CATCHES, ids=name)
def test_it_catches(case: Caught) -> None:
    advise, seen, wanted = case
    assert told(advise, seen) == wanted


@pytest.mark.parametrize("case", CATCHES_NOT, ids=name)
def test_it_leaves_alone(case: LeftAlone) -> None:
    assert told(*case) == []

from __future__ import annotations

import json

import pytest

from checkers.result import CheckResult, Report, Status

P, F, E, S = Status.PASS, Status.FAIL, Status.ERROR, Status.SKIP


def made(*statuses: Status) -> Report:
    checks = tuple(CheckResult(f"c{n}", f"Check {n}", status) for n, status in enumerate(statuses))
    return Report("03-x", checks, {"version": "28", "store": "overlay2"}, 1.23456)


@pytest.mark.parametrize(
    ("statuses", "status", "score"),
    [
        ((P, P), P, 1.0),
        ((P, F), F, 0.5),
        ((F, S), F, 0.0),
        ((P, E), E, 0.5),
        ((F, E), E, 0.0),
        ((E, S), E, 0.0),
        ((P, S), P, 1.0),
        ((S,), E, 0.0),
        ((), E, 0.0),
    ],
)
def test_three_endings(statuses: tuple[Status, ...], status: Status, score: float) -> None:
    assert (made(*statuses).status, made(*statuses).score) == (status, score)


def test_the_stable_json() -> None:
    check = CheckResult("a", "A", F, "message", "hint", "M02", 4, "evidence", 0.30049)
    report = json.loads(json.dumps(Report("03-x", (check,), {"version": "28", "store": "x"}, 2.0).to_json()))
    assert report == {
        "exercise": "03-x",
        "status": "fail",
        "score": 0.0,
        "seconds": 2.0,
        "engine": {"version": "28", "store": "x"},
        "checks": [
            {
                "id": "a",
                "title": "A",
                "status": "fail",
                "message": "message",
                "hint": "hint",
                "misconception": "M02",
                "line": 4,
                "evidence": "evidence",
                "seconds": 0.3,
                "story": "",
            }
        ],
    }

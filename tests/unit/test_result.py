from __future__ import annotations

import json

import pytest

from checkers.result import CheckResult, Report, Status
from course.misconceptions import find

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
    check = CheckResult(
        "a", "A", F, "message", "hint", "M02", 4, "evidence", 0.30049, file="Dockerfile", code="EXPOSE 80"
    )
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
                "expected": "A",
                "file": "Dockerfile",
                "code": "EXPOSE 80",
                "belief": "localhost in a container is my computer.",
                "truth": find("M02").truth,
                "taught": find("M02").taught,
            }
        ],
    }


def test_without_a_misconception_none_is_explained() -> None:
    report = CheckResult("a", "A", P).to_json()
    assert report["misconception"] is None
    assert not {"belief", "truth", "taught"} & set(report)


@pytest.mark.parametrize(
    ("statuses", "first"), [((P, F, F), "c1"), ((P, E, F), "c1"), ((S, P), None), ((S, F), "c1")]
)
def test_what_to_look_at_now(statuses: tuple[Status, ...], first: str | None) -> None:
    found = made(*statuses).first
    assert (found.id if found else None) == first

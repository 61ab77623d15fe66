"""What the figure of a container's health reads from the event stream."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from course import plots
from course.plots._health_timeline import health

CHECK = "/bin/sh -c wget -q -O - http://127.0.0.1:8080/ok"
_numbers = itertools.count()


def event(action: str, at: float, **attributes: str) -> dict[str, Any]:
    attributes = {name.replace("exec_id", "execID"): value for name, value in attributes.items()}
    return {
        "Type": "container",
        "Action": action,
        "timeNano": int(at * 1e9),
        "Actor": {"ID": "c0ffee", "Attributes": attributes},
    }


def ran(command: str, at: float, code: int = 0) -> list[dict[str, Any]]:
    number = str(next(_numbers))
    return [
        event(f"exec_create: {command}", at, exec_id=number),
        event(f"exec_start: {command}", at, exec_id=number),
        event("exec_die", at + 0.05, exec_id=number, exitCode=str(code)),
    ]


LIFE = [
    event("create", 99.9),
    event("start", 100.0),
    *ran(CHECK, 100.5),
    event("health_status: healthy", 100.56),
    *ran("rm /www/ok", 100.6),
    *ran(CHECK, 101.0, code=1),
    *ran(CHECK, 101.5, code=1),
    event("health_status: unhealthy", 101.56),
]


def test_the_states_follow_each_other_without_a_gap() -> None:
    spans = health(LIFE).spans
    assert [span.state for span in spans] == ["starting", "healthy", "unhealthy"]
    assert [span.start for span in spans] == pytest.approx([0.0, 0.56, 1.56])
    assert all(before.end == after.start for before, after in itertools.pairwise(spans))
    assert spans[-1].end > spans[-1].start, "the last state is seen"


def test_the_check_is_told_from_what_somebody_ran() -> None:
    found = health(LIFE)
    assert [(run.command, run.exit_code) for run in found.checks] == [(CHECK, 0), (CHECK, 1), (CHECK, 1)]
    assert [run.command for run in found.others] == ["rm /www/ok"]


def test_an_exec_before_the_first_verdict_is_no_check() -> None:
    stream = [event("start", 1.0), *ran("ls", 1.1), *ran(CHECK, 1.5), event("health_status: healthy", 1.56)]
    found = health(stream)
    assert [run.command for run in found.checks] == [CHECK]
    assert [run.command for run in found.others] == ["ls"]


def test_without_a_verdict_the_command_that_came_again_is_the_check() -> None:
    stream = [event("start", 1.0), *ran("ls", 1.1), *ran(CHECK, 1.5, code=1), *ran(CHECK, 2.0, code=1)]
    assert [run.command for run in health(stream).checks] == [CHECK, CHECK]
    assert health(stream).states == ["starting"]


def test_the_order_of_arrival_does_not_matter() -> None:
    assert (
        health([*reversed(LIFE), {"Type": "network", "Action": "connect", "time": 1}]).spans
        == health(LIFE).spans
    )


@pytest.mark.parametrize(
    ("more", "ending"),
    [([], "The process never ended."), ([event("die", 102.0, exitCode="1")], "The process ended.")],
)
def test_the_alt_text_says_what_happened_but_not_when(more: list[dict[str, Any]], ending: str) -> None:
    later = [{**one, "timeNano": one["timeNano"] * 2} for one in LIFE + more]
    alt = plots.health_timeline(LIFE + more).alt
    assert alt == plots.health_timeline(later).alt
    assert "starting, healthy, unhealthy" in alt
    assert "rm /www/ok" in alt
    assert alt.endswith(ending)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="no start"):
        plots.health_timeline([event("create", 1.0)])

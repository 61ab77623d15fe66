"""What a machine can't tell is no verdict: skipped beside a pass, an error where nothing can be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from checkers.attempt import Attempt
from checkers.follow import follow
from checkers.result import Report, Status
from checkers.rules import Outcome, Rule, passed, wrong
from checkers.rules.base import untold
from checkers.rules.builds import builds
from checkers.rules.two_cpus import both
from checkers.runner import apply

CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]


def attempt(folder: Path, **info: Any) -> Attempt:
    """An attempt whose engine is known by its description alone: nothing else of it may be asked."""
    (folder / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    made = Attempt(cast("Any", None), folder)
    made._shared["info of the engine"] = {"ServerVersion": "28.5.2", "DriverStatus": CONTAINERD, **info}
    return made


def rule(name: str, outcome: Outcome, *needs: str) -> Rule:
    return Rule(name, name, lambda _: outcome, needs)


@pytest.mark.parametrize(
    ("outcome", "status", "score"),
    [
        (untold("Not here.", "Elsewhere."), Status.PASS, 1.0),
        (wrong("w", "h"), Status.FAIL, 0.5),
        (passed("p"), Status.PASS, 1.0),
    ],
)
def test_what_cannot_be_told_here_is_skipped_and_costs_nothing(
    tmp_path: Path, outcome: Outcome, status: Status, score: float
) -> None:
    checks = tuple(follow([rule("a", passed("p")), rule("b", outcome)], attempt(tmp_path), apply))
    report = Report("05-x", checks)
    assert (report.status, report.score) == (status, score)


def test_a_skipped_check_says_why(tmp_path: Path) -> None:
    check = apply(rule("b", untold("Not here.", "Elsewhere.")), attempt(tmp_path))
    assert (check.status, check.message, check.hint) == (Status.SKIP, "Not here.", "Elsewhere.")


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"DriverStatus": [["Backing Filesystem", "extfs"]]}, "graph driver"),
        ({"SecurityOptions": ["name=rootless"]}, "rootless"),
        ({"ServerVersion": "20.10.24", "DriverStatus": []}, "only BuildKit has"),
    ],
)
def test_an_engine_that_cannot_hold_two_cpus_is_an_error(
    tmp_path: Path, info: dict[str, Any], words: str
) -> None:
    check = apply(builds(both, buildkit="images for several CPUs"), attempt(tmp_path, **info))
    assert (check.status, check.not_here) == (Status.ERROR, True)
    assert words in check.message
    assert check.hint

"""The exercises of the course, and that the self-check would see what is wrong with one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import docker
import pytest

from checkers import render, selfcheck
from course.exercises import find, load

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("name", [one.id for one in load()])
def test_starter_fails_and_solution_passes(client: docker.DockerClient, name: str) -> None:
    for finding in selfcheck.selfcheck(client, name):
        shown = render.text(finding.report) if finding.report else ""
        raise AssertionError(f"{finding.exercise}: {finding.problem}\n{shown}")


def test_a_starter_that_passes_is_found(client: docker.DockerClient, tmp_path: Path) -> None:
    good = find("03-first-dockerfile")
    (tmp_path / "starter").symlink_to(good.solution)
    (tmp_path / "solution").symlink_to(good.starter)
    swapped = dataclasses.replace(good, folder=tmp_path)
    problems = [finding.problem for finding in selfcheck.of_verdicts(client, swapped)]
    assert problems == ["its starter ends in pass, not fail", "its solution ends in fail, not pass"]

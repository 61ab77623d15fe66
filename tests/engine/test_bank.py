"""Right and wrong answers, a folder each in tests/bank/EXERCISE/right|wrong/NAME, found by glob.

A folder holds what the learner changed, over the starter (or over nothing, with `starter = false`), and an
expect.toml: status, and for a fail the first check that fails and the misconception it names.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import docker
import pytest

from checkers import Status, check, render
from course.exercises import find, load

pytestmark = pytest.mark.engine
BANK = Path(__file__).parents[1] / "bank"
ANSWERS = sorted(path.parent for path in BANK.glob("*/*/*/expect.toml"))


def name_of(answer: Path) -> str:
    return str(answer.relative_to(BANK))


def assemble(answer: Path, target: Path) -> dict[str, str]:
    """The answer as a learner's folder, and what is expected of it."""
    expect = tomllib.loads((answer / "expect.toml").read_text())
    if expect.get("starter", True):
        shutil.copytree(find(answer.parts[-3]).starter, target)
    shutil.copytree(answer, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expect.toml"))
    return expect


def judge(client: docker.DockerClient, tmp_path: Path, answer: Path) -> None:
    expect = assemble(answer, tmp_path / "answer")
    report = check(answer.parts[-3], tmp_path / "answer", client=client)
    shown = render.text(report)
    if report.not_here:
        pytest.skip(next(one.message for one in report.checks if one.not_here))
    assert report.status == expect["status"], shown
    if report.status is Status.FAIL:
        first = next(one for one in report.checks if one.status is Status.FAIL)
        assert first.id == expect["check"], shown
        assert first.misconception == expect.get("misconception"), shown
        assert first.message, shown
        assert first.hint, shown
    named = {one.misconception for one in report.checks} - {None}
    assert named <= set(find(answer.parts[-3]).misconceptions)


def answers_of(exercise: str) -> type:
    """A class of tests for each exercise: workers take classes, so that several share the bank."""

    class Answers:
        @pytest.mark.parametrize("answer", [one for one in ANSWERS if one.parts[-3] == exercise], ids=name_of)
        def test_answer(self, client: docker.DockerClient, tmp_path: Path, answer: Path) -> None:
            judge(client, tmp_path, answer)

    return Answers


for one in load():
    globals()[f"Test_{one.id.replace('-', '_')}"] = answers_of(one.id)


@pytest.mark.parametrize("exercise", [one.id for one in load()])
@pytest.mark.parametrize("side", ["right", "wrong"])
def test_each_exercise_has_six_of_each(exercise: str, side: str) -> None:
    assert len(list((BANK / exercise / side).glob("*/expect.toml"))) >= 6


def test_the_folders_say_the_same_as_the_expectations() -> None:
    for answer in ANSWERS:
        status = tomllib.loads((answer / "expect.toml").read_text())["status"]
        assert (answer.parent.name, status) in {("right", "pass"), ("wrong", "fail")}, answer

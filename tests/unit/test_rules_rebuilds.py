"""A rebuild is judged by what it asked for. Where the engine's cache has let go of a step meanwhile, it is
looked at again; where the answer itself made the step run, it is not. Builds made by hand, no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from checkers.attempt import Attempt, Built
from checkers.result import CheckResult, Status
from checkers.rules.base import Rule
from checkers.rules.rebuilds import Project, Seen, code_edit, other_edit
from checkers.runner import apply
from course.trace import Build, ContextFile
from tests.unit.four_steps import FILES, MODE, built

GOOD, BAD = (2, 3), (2,)  # the steps that a rebuild takes from the cache: step 3 installs
EDITED = {**FILES, "app.py": ContextFile("9", MODE)}
LOCKED = {**FILES, "requirements.txt": ContextFile("9", MODE)}


class Scripted(Attempt):
    """An attempt whose builds are given: the first one, then one for each edit."""

    def __init__(self, folder: Path, *builds: Build) -> None:
        super().__init__(cast("Any", None), folder)
        self.images = dict(zip("abc", builds, strict=False))
        self.edits: list[Path] = []

    def build(self, *, folder: Path | None = None, **_: Any) -> Built:
        if folder is not None:
            self.edits.append(folder)
        tag = "abc"[len(self.edits)]
        return Built(tag, self.images[tag])

    @property
    def words(self) -> list[str]:
        return [(folder / "app.py").read_text() for folder in self.edits]


def look(attempt: Attempt, image: str) -> Seen:
    """What an image says. Its dependencies are of the last build that ran the installation, step 3."""
    made = cast("Scripted", attempt)
    runs = [tag for tag, build in made.images.items() if tag <= image and not build.by_digest["3"].cached]
    return Seen(made.words[-1] if made.edits else "", "1.0", runs[-1])


def edit(word: str) -> Mapping[str, bytes]:
    return {"app.py": word.encode()}


PROJECT = Project(edit, lambda word: (word, {}), edit, look, "app.py", "another version", "README.md")
RULES = pytest.mark.parametrize("rule", [code_edit(PROJECT), other_edit(PROJECT)], ids=lambda rule: rule.id)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "answer").mkdir()
    (tmp_path / "answer" / "Dockerfile").write_text("FROM scratch")
    return tmp_path / "answer"


def judged(rule: Rule, folder: Path, *builds: Build) -> tuple[CheckResult, list[str]]:
    """The verdict, and the words of the edits that were made for it."""
    attempt = Scripted(folder, *builds)
    return apply(rule, attempt), attempt.words


@RULES
def test_a_rebuild_that_installs_nothing_passes_at_once(rule: Rule, folder: Path) -> None:
    check, words = judged(rule, folder, built(), built(*GOOD, files=EDITED))
    assert (check.status, len(words)) == (Status.PASS, 1)


@RULES
def test_a_step_that_the_cache_has_lost_is_no_fault_of_the_answer(rule: Rule, folder: Path) -> None:
    """The second look compares with the rebuild, which has put the step back into the cache."""
    check, words = judged(rule, folder, built(), built(*BAD, files=EDITED), built(*GOOD, files=EDITED))
    assert check.status is Status.PASS, check.message
    assert len(set(words)) == 2, "an edit that the cache has not seen"


@RULES
def test_catches_a_step_that_runs_each_time_even_if_nothing_tells_why(rule: Rule, folder: Path) -> None:
    check, words = judged(rule, folder, built(), built(*BAD), built(*BAD))
    assert (check.status, len(words)) == (Status.FAIL, 2)
    assert check.evidence == "before: run b\nafter:  run c"


@RULES
def test_catches_an_installation_for_a_reason_without_a_second_look(rule: Rule, folder: Path) -> None:
    """The installation reads a file that was edited: that is why it ran, and no second look is due."""
    check, words = judged(rule, folder, built(), built(files=LOCKED), built(*GOOD, files=LOCKED))
    assert (check.status, len(words)) == (Status.FAIL, 1)


def test_catches_an_installation_behind_the_code_though_the_cache_lost_a_step(folder: Path) -> None:
    names = {2: "WORKDIR /app", 3: "COPY . .", 4: "RUN pip install -r requirements.txt"}
    text = "FROM python:3.13-slim\n" + "".join(f"{name}\n" for name in names.values())
    first, lost = (built(names=names, text=text, files=files) for files in (FILES, EDITED))
    again = built(2, names=names, text=text, files=FILES)  # as good as edited: not what was sent before
    rule = code_edit(replace(PROJECT, look=lambda made, image: replace(look(made, image), run=image)))
    check, words = judged(rule, folder, first, lost, again)
    assert (check.status, check.line, len(words)) == (Status.FAIL, 3, 2)


def test_a_step_that_was_lost_beside_the_installation_needs_no_second_look(folder: Path) -> None:
    check, words = judged(code_edit(PROJECT), folder, built(), built(3, files=EDITED))
    assert (check.status, len(words)) == (Status.PASS, 1)


def test_the_code_is_looked_for_by_the_word_of_the_last_edit(folder: Path) -> None:
    """After a second look, an image that still shows the first edit is an image that misses the second."""

    def stale(attempt: Attempt, image: str) -> Seen:
        return replace(look(attempt, image), code=[*cast("Scripted", attempt).words[:1], ""][0])

    rule = code_edit(replace(PROJECT, look=stale))
    check, _ = judged(rule, folder, built(), built(*BAD, files=EDITED), built(*GOOD, files=EDITED))
    assert check.status is Status.FAIL
    assert "doesn't show it" in check.message

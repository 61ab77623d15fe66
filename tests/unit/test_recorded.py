"""Recorded results: those of the lesson, shown in place of its cells, and marked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course.errors import EngineStartFailed
from course.notebook import _recorded, swarm

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAME = "11_swarm"
BOOK: dict[str, Any] = json.loads((NOTEBOOKS / f"{NAME}.ipynb").read_text(encoding="utf-8"))
MARK = "Recorded on another machine"


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    made = InteractiveShell()
    with patch.object(_recorded, "_shell", lambda: made):
        yield made
        _recorded.stop()
    assert made.input_transformers_cleanup == InteractiveShell().input_transformers_cleanup


def run(shell: InteractiveShell, source: str) -> tuple[str, list[Any]]:
    with capture_output() as captured:
        shell.run_cell(source).raise_error()
    return captured.stdout, captured.outputs


def test_the_record_is_that_of_the_lesson_as_it_is() -> None:
    kept = json.loads((_recorded.FOLDER / f"{NAME}.json").read_text(encoding="utf-8"))
    assert kept == _recorded.cells_to_record(BOOK), "run tests/notebooks/refresh.py 11_swarm"
    assert len(kept) > 15
    # Every record has a lesson: one that was renamed would leave its own behind.
    assert {path.stem for path in _recorded.FOLDER.glob("*.json")} <= {
        p.stem for p in NOTEBOOKS.glob("*.ipynb")
    }


def test_every_result_is_shown_and_says_that_it_is_recorded(shell: InteractiveShell) -> None:
    with capture_output() as captured:
        _recorded.play(NAME, "It is rootless.")
    assert "not run here: each shows what was recorded on another machine. It is rootless." in captured.stdout
    shell.run_cell("asked = []\npredict = reveal = lambda *words: asked.append(words[0])")
    sources = [cell["source"] for cell in _recorded.cells_to_record(BOOK)]
    shown = ""
    for cell in _recorded.cells_to_record(BOOK):
        out, _ = run(shell, cell["source"])
        assert (MARK in out) == bool(cell["outputs"]), cell["source"]
        shown += out
    for words in ("version 1 on three", "is not a swarm manager", "two is missed"):
        assert words in shown
    questions = [
        line for source in sources for line in source.splitlines() if line.startswith(("predict(", "reveal("))
    ]
    assert len(shell.user_ns["asked"]) == len(questions), "questions are asked and answered live"


def test_pictures_keep_their_alt_text(shell: InteractiveShell) -> None:
    with capture_output() as captured:
        place = next(
            n for n, cell in enumerate(_recorded.cells_to_record(BOOK))
            if any("image/png" in output.get("data", {}) for output in cell["outputs"])
        )  # fmt: skip
        _recorded.show(NAME, place)
    assert "[figure]" in captured.stdout


def test_other_cells_are_run_and_after_the_end_all_are(shell: InteractiveShell) -> None:
    with capture_output():
        _recorded.play(NAME, "")
    assert run(shell, "print(6 * 7)")[0] == "42\n"
    _recorded.stop()
    assert _recorded._active == []
    with pytest.raises(NameError):
        run(shell, 'swarm_map(one.client, "Six tasks of a service")')


def test_an_engine_that_does_not_come_up_leads_to_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object) -> list[object]:
        raise EngineStartFailed("No engine.", detail="so\nand <so>")

    played: list[str] = []
    monkeypatch.setattr(swarm.notebook, "_client", lambda: None)
    monkeypatch.setattr(swarm, "why_not", lambda _: "")
    monkeypatch.setattr(swarm.Engines, "start", start)
    monkeypatch.setattr(_recorded, "play", lambda _, why: played.append(why))
    assert swarm.engines("one", "two") == [None, None]
    assert played == ["No engine.\nand <so>"]

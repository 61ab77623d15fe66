"""A lesson brings the base images that it needs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course import images
from course.engine.address import Address
from course.errors import RegistryUnreachable
from course.images import catalogue
from course.notebook import _bases
from course.notebook._bases import NotebookSteps, bring
from course.steps import Steps
from course.widgets.html import Html

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_asks_for_its_own_chapter_which_has_every_image_that_its_cells_name(path: Path) -> None:
    chapter = path.stem[:2]
    cells = nbformat.read(path, 4).cells  # type: ignore[no-untyped-call]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert f'connect("{chapter}")' in code
    named = {one.name for one in catalogue() if re.search(re.escape(one.name) + r"(?![\w.-])", code)}
    assert named <= set(images.for_chapters([chapter]))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What an output shows, each time that it's painted."""
    paintings: list[str] = []

    class Handle:
        def update(self, page: dict[str, str], raw: bool) -> None:
            paintings.append(page["text/plain"])

    def display(page: dict[str, str], *, raw: bool, display_id: bool) -> Handle:
        paintings.append(page["text/plain"])
        return Handle()

    monkeypatch.setattr(_bases, "display", display)
    return paintings


def test_steps_are_lines_of_one_output(shown: list[str]) -> None:
    steps = NotebookSteps()
    with pytest.raises(ValueError, match="no"), steps.step("b from a mirror"):
        raise ValueError("no")
    steps.note("The mirror is away.")
    with steps.step("a:1 from <hub>", unit="bytes") as step:
        step.update(5e6, 1e7)  # a moment after the line was painted: shown a little later
        deadline = time.monotonic() + 10
        while "5.0 of" not in shown[-1] and time.monotonic() < deadline:
            time.sleep(0.01)
    first, *_, last = shown
    assert first == "… b from a mirror"
    assert "… a:1 from <hub>  5.0 of 10.0 MB" in "\n".join(shown)
    assert re.fullmatch(
        r"✗ b from a mirror  \d\.\d s\n· The mirror is away\.\n✓ a:1 from <hub>  \d\.\d s", last
    )


class _Client:
    def close(self) -> None: ...


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[set[str]], None]:
    """An engine that has these images."""

    def has(names: set[str]) -> None:
        monkeypatch.setattr(_bases, "connect", lambda _: _Client())
        monkeypatch.setattr(_bases, "present", lambda _, wanted: names & set(wanted))
        monkeypatch.setattr(_bases, "describe", lambda *_: type("Engine", (), {"embedded": True}))

    return has


def test_what_is_there_is_not_asked_for(
    engine: Callable[[set[str]], None], monkeypatch: pytest.MonkeyPatch, shown: list[str]
) -> None:
    engine({one.name for one in catalogue()})
    monkeypatch.delattr(images, "ensure")
    bring(Address("unix:///nowhere", "DOCKER_HOST"), "06")
    assert shown == []


def test_what_cant_be_had_is_said_and_the_lesson_goes_on(
    engine: Callable[[set[str]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    said: list[Html] = []

    def ensure(_: object, names: tuple[str, ...], *, steps: Steps, allow_stand_ins: bool) -> None:
        asked.extend([names, allow_stand_ins])
        raise RegistryUnreachable("Docker Hub is away.", hint="Run: course doctor", detail="no such host")

    engine({"busybox:1.37"})
    monkeypatch.setattr(images, "ensure", ensure)
    monkeypatch.setattr(_bases, "display", said.append)
    bring(Address("unix:///nowhere", "DOCKER_HOST"), "06")
    assert asked == [images.for_chapters(["06"]), True]
    assert "nginx:1.26" in asked[0]
    (card,) = said
    assert card.text == "Docker Hub is away.\nno such host\nnext: Run: course doctor"

"""The list of misconceptions, and that each link leads to a live cell that shows it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from course import misconceptions
from course.errors import ManifestError
from course.misconceptions import Misconception

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def shown(one: Misconception, folder: Path = NOTEBOOKS) -> str:
    """What is wrong with its link; "" if there is a live cell under the heading that covers the code."""
    cells: list[dict[str, Any]] = json.loads((folder / one.notebook).read_text(encoding="utf-8"))["cells"]
    level, covered = 0, False
    for cell in cells:
        if cell["cell_type"] == "markdown":
            for marks, title in re.findall(r"^(#+) (.*)$", "".join(cell["source"]), re.MULTILINE):
                if title.replace(" ", "-") == one.taught.partition("#")[2]:
                    level = len(marks)
                elif level and len(marks) <= level:
                    return "" if covered else f"no cell under {one.heading!r} covers it"
        elif level:
            covered |= one.code in cell["metadata"].get("covers", [])
    if not level:
        return f"there is no heading {one.heading!r}"
    return "" if covered else f"no cell under {one.heading!r} covers it"


def test_the_list_is_whole() -> None:
    assert list(misconceptions.ALL) == [f"M{number:02}" for number in range(1, 26)]
    assert [code for code, one in misconceptions.ALL.items() if not one.taught] == []
    assert len({one.belief for one in misconceptions.ALL.values()}) == 25


def test_an_unknown_code_is_an_error() -> None:
    assert misconceptions.find("M06").belief.startswith("Deleting")
    with pytest.raises(ManifestError, match="M26"):
        misconceptions.find("M26")


@pytest.mark.parametrize("one", misconceptions.ALL.values(), ids=lambda one: one.code)
def test_a_belief_and_two_sentences(one: Misconception) -> None:
    assert len(re.findall(r"[.?!](?=\s|$)", one.belief)) == 1
    assert one.belief.endswith(".")
    assert len(re.findall(r"[.?!](?=\s|$)", one.truth)) == 2
    assert one.truth.endswith(".")
    assert 80 < len(one.truth) < 330, "two sentences that a tired person reads"


@pytest.mark.parametrize(
    "one", [one for one in misconceptions.ALL.values() if one.taught], ids=lambda one: one.code
)
def test_its_link_leads_to_a_live_cell(one: Misconception) -> None:
    assert shown(one) == ""


@pytest.mark.parametrize(
    ("taught", "problem"),
    [
        ("a.ipynb#Here", ""),
        ("a.ipynb#Deeper,-isn't-it", ""),
        ("a.ipynb#Nowhere", "there is no heading 'Nowhere'"),
        ("a.ipynb#Title", ""),
        ("a.ipynb#After", "no cell under 'After' covers it"),
        ("a.ipynb#Last", "no cell under 'Last' covers it"),
    ],
)
def test_a_link_that_shows_nothing_is_found(tmp_path: Path, taught: str, problem: str) -> None:
    def cell(text: str, *covers: str) -> dict[str, Any]:
        if covers:
            return {"cell_type": "code", "source": [text], "metadata": {"covers": list(covers)}}
        return {"cell_type": "markdown", "source": [text], "metadata": {}}

    cells = [
        cell("# Title\n"),
        cell("words\n\n## Here\n"),
        cell("### Deeper, isn't it"),
        cell("run()", "M01", "T01"),
        cell("## After"),
        cell("run()", "M02"),
        cell("## Last"),
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    assert shown(Misconception("M01", "", "", taught), tmp_path) == problem

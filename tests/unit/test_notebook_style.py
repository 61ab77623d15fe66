"""The lessons keep the house's measures: how long, how dense, in which order, and what they must carry."""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import socket
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
# Which rows of the course's content each chapter owes. A chapter is added here with its notebook.
OWED = {
    "00_start": "T01 T04 M25",
    "01_containers": "T02 T03 T04 T05 T30 T31 M04 M09 M14 M22 trap-6",
    "02_images": "T06 T07 T08 M17 M21 M23",
    "03_dockerfiles": "T09 T10 T11 T12 M09 M10 M14 M15 M19 trap-1 trap-2 trap-8 trap-9",
    "04_layers": "T13 T14 T15 M06 M21 M23 trap-5",
    "05_cache_and_buildkit": "T16 T17 T18 M07 M16 M17 trap-3",
    "06_networking": "T19 T20 T21 M01 M02 M18 M20 trap-7",
    "07_volumes": "T22 T23 M04 M08 M12 M13 M21 M24",
    "08_compose": "T24 T25 M03 M04 M05 M11 trap-4",
    "09_security": "T05 T26 T27 T28 M07 M22",
    "10_registries": "T08 T28 T29 M17 M21",
    "11_swarm": "T20 T32",
    "12_capstone": "T33 M03 M04 M07",
}
MIN_CELLS, MAX_CELLS = 30, 60
MAX_CODE_LINES, MEDIAN_CODE_LINES, MAX_CODE_WIDTH = 12, 4, 110
IGNORED_OUTPUT = "nbval-ignore-output"
MIN_NOTES, MAX_NOTE_LENGTH = 6, 500


@cache
def lesson(name: str) -> dict[str, Any]:
    book: dict[str, Any] = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    return book


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def cells(name: str, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in lesson(name)["cells"] if cell["cell_type"] == kind]


def lines(cell: dict[str, Any]) -> list[str]:
    return [line for line in source(cell).splitlines() if line.strip()]


def outputs(name: str) -> list[dict[str, Any]]:
    return [output for cell in cells(name, "code") for output in cell["outputs"]]


def texts(name: str) -> list[str]:
    """Everything that a reader of the saved page can see, pictures aside."""
    found = []
    for output in outputs(name):
        found += ["".join(output.get("text", "")), output.get("evalue", ""), *output.get("traceback", [])]
        data = output.get("data", {})
        found += ["".join(data[kind]) for kind in data if kind.startswith("text/")]
    return found


def headings(name: str) -> list[int]:
    found = []
    for cell in cells(name, "markdown"):
        fenced = re.sub(r"```.*?```", "", source(cell), flags=re.DOTALL)
        found += [len(mark) for mark in re.findall(r"^(#+) ", fenced, flags=re.MULTILINE)]
    return found


def test_the_lessons_are_those_that_are_owed() -> None:
    assert set(OWED) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_length_and_density(name: str) -> None:
    count, markdown, code = len(lesson(name)["cells"]), cells(name, "markdown"), cells(name, "code")
    assert MIN_CELLS <= count <= MAX_CELLS
    assert len(markdown) / count >= 0.5
    assert median(len(lines(cell)) for cell in code) <= MEDIAN_CODE_LINES
    assert [source(cell) for cell in code if len(lines(cell)) > MAX_CODE_LINES] == []
    assert [line for cell in code for line in lines(cell) if len(line) > MAX_CODE_WIDTH] == []


@pytest.mark.parametrize("name", NAMES)
def test_at_most_two_code_cells_in_a_row(name: str) -> None:
    kinds = "".join(cell["cell_type"][0] for cell in lesson(name)["cells"])
    assert "ccc" not in kinds


@pytest.mark.parametrize("name", NAMES)
def test_headings_are_in_order_under_one_title(name: str) -> None:
    levels = headings(name)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in itertools.pairwise(levels))


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_of_a_chapter_are_there(name: str) -> None:
    text = "\n".join(source(cell) for cell in cells(name, "markdown"))
    code = [source(cell) for cell in cells(name, "code")]
    for part in ("**Time:**", "**The question of this chapter:**", "**Afterwards you can**"):
        assert part in source(lesson(name)["cells"][0]), part
    assert "## Key points" in text
    assert code[-1].strip() == "clean_up()"
    assert sum("predict(" in cell for cell in code) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_every_prediction_is_revealed_after_it_was_asked(name: str) -> None:
    code = "\n".join(source(cell) for cell in cells(name, "code"))
    asked = re.findall(r'\bpredict\("([^"]+)"', code)
    shown = re.findall(r'\breveal\("([^"]+)"', code)
    assert asked == shown
    assert all(key.startswith(f"{name[:2]}-") for key in asked)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_chapter_owes_is_taught_by_a_live_cell(name: str) -> None:
    book = lesson(name)
    taught = {row for cell in cells(name, "code") for row in cell["metadata"].get("covers", [])}
    assert sorted(book["metadata"]["covers"]) == sorted(taught)
    assert set(OWED[name].split()) == taught
    unproven = [
        cell["id"] for cell in cells(name, "code") if cell["metadata"].get("covers") and not cell["outputs"]
    ]
    assert unproven == [], "a cell that teaches a row shows something"


@pytest.mark.parametrize("name", NAMES)
def test_failures_are_kept_and_only_where_they_are_meant(name: str) -> None:
    meant, failed = [], []
    for cell in cells(name, "code"):
        if "raises-exception" in cell["metadata"].get("tags", []):
            meant.append(cell["id"])
        if any(output["output_type"] == "error" for output in cell["outputs"]):
            failed.append(cell["id"])
    assert meant == failed
    assert failed, "a lesson keeps at least one failure"


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_compared_unless_they_describe_the_machine(name: str) -> None:
    ignored = [cell for cell in cells(name, "code") if IGNORED_OUTPUT in cell["metadata"].get("tags", [])]
    assert all(source(cell).strip() == "about(client)" for cell in ignored)


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_was_run_once_in_order(name: str) -> None:
    counts = [cell["execution_count"] for cell in cells(name, "code")]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_pictures_have_alt_text(name: str) -> None:
    for output in outputs(name):
        if "image/png" in output.get("data", {}):
            alt = output["metadata"]["image/png"]["alt"]
            assert len(alt) > 30
            text = "".join(output["data"]["text/plain"])
            # A widget's picture is how it looks before anybody touches it; its own line says what it is.
            assert text == f"[figure] {alt}" or re.match(r"\[(explorer|build graph|network map)\] \w+", text)
            base64.b64decode("".join(output["data"]["image/png"]), validate=False)
    for cell in cells(name, "markdown"):
        assert re.findall(r"!\[\s*\]\(", source(cell)) == []
        assert re.findall(r"<img(?![^>]*\balt=)", source(cell)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_saved_page_needs_no_kernel_and_names_no_machine(name: str) -> None:
    book = lesson(name)
    assert set(book["metadata"]) == {"covers", "kernelspec", "language_info", "live_seconds"}
    assert 1 <= book["metadata"]["live_seconds"] < 120
    mime = {kind for output in outputs(name) for kind in output.get("data", {})}
    assert not {kind for kind in mime if "widget" in kind}
    shown = "\n".join(texts(name))
    host = socket.gethostname()
    for hint in (os.fspath(NOTEBOOKS.parent), "/tmp/", "/home/", "/root/", "site-packages", ".venv"):
        assert hint not in shown
    assert len(host) < 4 or host not in shown
    assert "Traceback (most recent call last)" not in shown


@pytest.mark.parametrize("name", NAMES)
def test_words_that_talk_down_or_say_nothing_are_absent(name: str) -> None:
    text = "\n".join(source(cell) for cell in cells(name, "markdown"))
    for word in ("simply", "just", "obviously", "of course", "easy", "easily", "basically", "let's"):
        found = re.findall(rf"\b{word}\b", text, flags=re.IGNORECASE)
        assert found == [], word
    assert not re.search("[\U0001f300-\U0001faff\u2600-\u26ff]", text), "no emoji"
    long = [s for s in re.split(r"(?<=[.!?:])\s+|\n", text) if len(s.split()) > 40 and "|" not in s]
    assert long == [], "short sentences"


@pytest.mark.parametrize("name", NAMES)
def test_the_presenter_finds_notes_where_the_room_is_asked(name: str) -> None:
    book = lesson(name)["cells"]
    notes = {cell["id"]: cell["metadata"]["notes"] for cell in book if "notes" in cell["metadata"]}
    assert len(notes) >= MIN_NOTES
    assert [key for key, note in notes.items() if not 0 < len(note.strip()) <= MAX_NOTE_LENGTH] == []
    asking = [cell["id"] for cell in cells(name, "code") if "predict(" in source(cell)]
    assert [key for key in (book[0]["id"], *asking) if key not in notes] == []

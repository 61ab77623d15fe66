"""What a chapter shows, step by step, and what its presenter is told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from course.chapters import Chapter, chapters
from course.errors import InputError
from course.paths import repository

_MINUTES = re.compile(r"\*\*Time:\*\* (\d+) minutes")


@dataclass(frozen=True)
class DemoStep:
    """One cell. `notes` are for the presenter: the cell's metadata, `notes`."""

    number: int  # from 1
    code: bool
    text: str
    heading: str  # the chapter's last heading up to here
    notes: str = ""

    @property
    def cleans_up(self) -> bool:
        """Whether it takes away what the others made."""
        return self.text.strip() == "clean_up()"


def chapter_named(word: str) -> Chapter:
    """The chapter of a number ("1", "01"), or whose notebook begins or ends so ("layers").

    Raises InputError, with those that there are.
    """
    found = chapters()
    wanted = word.removesuffix(".ipynb").lower()
    for chapter in found:
        name = chapter.notebook.removesuffix(".ipynb")
        if wanted in {name, chapter.id, str(int(chapter.id)), name[3:]}:
            return chapter
    raise InputError(
        f"There is no chapter {word}.",
        hint="There are: " + ", ".join(one.notebook.removesuffix(".ipynb") for one in found),
    )


def path_of(chapter: Chapter) -> Path:
    """The notebook's file."""
    return repository() / "notebooks" / chapter.notebook


def read(chapter: Chapter) -> Any:
    """The notebook, as nbformat has it. Raises InputError if it cannot be read."""
    reader: Any = nbformat  # which leaves its functions untyped
    try:
        return reader.read(path_of(chapter), as_version=4)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{chapter.notebook} cannot be read: {error}.", hint="A notebook is JSON; git can restore it."
        ) from error


def steps_of(chapter: Chapter) -> tuple[DemoStep, ...]:
    """The chapter's cells. Raises InputError if the notebook cannot be read."""
    book = read(chapter)
    found: list[DemoStep] = []
    heading = ""
    for number, cell in enumerate(book.cells, 1):
        if cell.cell_type == "markdown":
            heads = [line.lstrip("# ") for line in cell.source.splitlines() if re.match(r"#{1,3} ", line)]
            heading = heads[-1] if heads else heading
        found.append(
            DemoStep(
                number, cell.cell_type == "code", cell.source, heading, str(cell.metadata.get("notes", ""))
            )
        )
    return tuple(found)


def live_seconds_of(chapter: Chapter) -> int:
    """How long its cells took when that was last measured, in seconds; 0 if it never was."""
    return int(read(chapter).metadata.get("live_seconds", 0))


def minutes_of(steps: Iterable[DemoStep]) -> int:
    """What the chapter says that it takes a learner, in minutes; 0 if it doesn't say."""
    found = next((match for step in steps if (match := _MINUTES.search(step.text))), None)
    return int(found[1]) if found else 0

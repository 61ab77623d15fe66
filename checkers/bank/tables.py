"""A tally, drawn for a terminal. It returns what can be printed, and prints nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from checkers import render
from checkers.bank import tally
from checkers.bank.tally import COLUMNS, NOT_HERE, Outcome
from checkers.result import Status

_WANTED = {"right": Status.PASS, "wrong": Status.FAIL}


def confusion(outcomes: Sequence[Outcome], sides: Mapping[str, str]) -> Table:
    """Rows: what was expected. Columns: how it ended. `sides` says how right and wrong are called."""
    rows = tally.confusion(outcomes)
    sums = tally.total(rows)
    columns = [str(one) for one in COLUMNS] + [NOT_HERE] * any(row[NOT_HERE] for row in sums.values())
    table = Table("exercise", "expected", *columns, "all")
    for column in table.columns[2:]:
        column.justify = "right"
    for exercise, both in rows.items():
        for side, counts in both.items():
            table.add_row(exercise if side == "right" else "", sides[side], *_cells(side, counts, columns))
    table.add_section()
    for side, counts in sums.items():
        table.add_row("total" if side == "right" else "", sides[side], *_cells(side, counts, columns))
    return table


def catches(outcomes: Sequence[Outcome]) -> Table:
    """Each exercise's checks, and how many wrong submissions each was the first to fail."""
    table = Table("exercise", "first check that fails")
    for exercise, row in tally.caught(outcomes).items():
        table.add_row(exercise, "  ".join(f"{name} {count}" for name, count in row.items()))
    return table


def problems(outcomes: Sequence[Outcome]) -> RenderableType:
    """Each verdict that is not what it should be, in words, and its report."""
    parts: list[RenderableType] = []
    for one in outcomes:
        if one.problems:
            parts.append(Text(f"\n{one.exercise} {one.name}", "bold"))
            parts += [Text(f"  {problem}") for problem in one.problems]
            parts.append(Padding(render.rich(one.report), (0, 0, 0, 4)))
    return Group(*parts)


def changes(changed: Mapping[tuple[str, str], Sequence[str]]) -> RenderableType:
    """Each submission that got more than one verdict, and these."""
    parts: list[RenderableType] = []
    for (exercise, name), verdicts in changed.items():
        parts.append(Text(f"\n{exercise} {name} got {len(verdicts)} different verdicts:", "bold"))
        parts += [Text(f"  {verdict}") for verdict in verdicts]
    return Group(*parts)


def _cells(side: str, counts: Counter[str], columns: list[str]) -> list[Text]:
    """A row's figures; what shouldn't be there is marked, and not by its colour alone."""
    cells = []
    for name in columns:
        bad = counts[name] and name not in {_WANTED[side], NOT_HERE}
        cells.append(Text(f"! {counts[name]}" if bad else str(counts[name]), "bold red" if bad else ""))
    return [*cells, Text(str(counts.total()))]

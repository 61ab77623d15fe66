"""The table of an image's layers on terminals of any width, and in a pipe."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from course.cli.layer_table import LayerTable
from course.layers import Entry, Image, Layer

LONG = "RUN " + "apt-get update && " * 9 + "true"
IMAGE = Image(
    "app",
    (
        Layer(0, instruction="COPY / /", tar_bytes=2_000, entries=(Entry("a", "file", 2_000),), read=True),
        Layer(1, instruction=LONG, tar_bytes=70, entries=(Entry("a", "file", 70),), read=True),
    ),
)


def shown(width: int, *, terminal: bool) -> list[str]:
    page = io.StringIO()
    Console(file=page, width=width, force_terminal=terminal, no_color=True, soft_wrap=True).print(
        LayerTable(IMAGE)
    )
    return page.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 70, 100, 300])
def test_a_terminal_cuts_the_instruction_and_no_figure(width: int) -> None:
    head, first, second, *_ = shown(width, terminal=True)
    for line, words in (
        (head, ("files", "contents", "hidden")),
        (first, ("2.0 kB",)),
        (second, ("RUN apt", "70 B")),
    ):
        for word in words:
            assert word in line
    assert (LONG in second) == (width == 300)
    assert ("…" in second) == (width != 300)
    assert width < 60 or len(second.rstrip()) <= width


def test_a_pipe_gets_all_of_it() -> None:
    assert LONG in shown(80, terminal=False)[2]

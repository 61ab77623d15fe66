"""A chapter on stage: its steps, a real kernel, and the keys of a real terminal. No engine is needed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from course.cli.commands.demo import command
from course.demo import Kernel, chapter_named, steps_of
from course.demo.timing import live_seconds, run_times
from course.engine.embedded.processes import wait_until
from course.errors import InputError

COURSE = [sys.executable, "-c", "from course.cli import main; main()"]


@pytest.fixture(autouse=True)
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of one chapter, whose clean_up tells that it was called."""
    v4 = nbformat.v4
    cells = [
        v4.new_markdown_cell("# Tiny\n\n**Time:** 7 minutes."),
        v4.new_code_cell("def clean_up():\n    open('cleaned', 'a').write('x')\nnumber = 20"),
        v4.new_markdown_cell("## The sum", metadata={"notes": "Ask the room first: [db] or [app]?"}),
        v4.new_code_cell("print(number + 1, '\\x1b[2J')\nnumber + 2"),
        v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
        v4.new_code_cell("clean_up()"),
    ]
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(v4.new_notebook(cells=cells, metadata={"live_seconds": 3}), folder / "00_tiny.ipynb")
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    return folder


@pytest.mark.parametrize("word", ["0", "00", "tiny", "00_tiny", "00_tiny.ipynb", "Tiny"])
def test_a_chapter_by_its_number_or_name(word: str) -> None:
    assert chapter_named(word).notebook == "00_tiny.ipynb"


def test_an_unknown_chapter_names_those_that_there_are() -> None:
    with pytest.raises(InputError) as caught:
        chapter_named("99")
    assert "00_tiny" in caught.value.hint


def test_steps_know_their_heading_and_notes() -> None:
    steps = steps_of(chapter_named("tiny"))
    assert [step.code for step in steps] == [False, True, False, True, True, True]
    assert steps[3].heading == "The sum"
    assert steps[2].notes == "Ask the room first: [db] or [app]?"
    assert [step.number for step in steps if step.cleans_up] == [6]


def test_a_cell_gives_its_outputs_as_text_that_moves_no_cursor() -> None:
    chapter = chapter_named("tiny")
    steps = steps_of(chapter)
    with Kernel(chapter) as kernel:
        assert kernel.run(steps[1]) == ()
        printed, shown = kernel.run(steps[3])
        (failed,) = kernel.run(steps[4])
    assert (printed.kind, printed.text) == ("printed", "21 [2J")
    assert (shown.kind, shown.text) == ("shown", "22")
    assert (failed.kind, failed.text) == ("failed", "ZeroDivisionError: division by zero")


def test_a_rehearsal_runs_all_and_cleans_up_once(notebooks: Path) -> None:
    result = CliRunner().invoke(command, ["tiny", "--no-wait"])
    assert result.exit_code == 0, result.output
    assert "21" in result.stdout
    assert "ZeroDivisionError" in result.stdout
    assert "A learner takes about 7 minutes. The cells alone: 3 s" in result.stderr
    assert (notebooks / "cleaned").read_text() == "x"


def test_the_list_says_how_long_it_takes() -> None:
    result = CliRunner().invoke(command, ["tiny", "--list"])
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 6
    assert "A learner takes about 7 minutes. The cells alone: 3 s" in result.stderr


def test_the_seconds_of_a_run_are_those_of_its_cells() -> None:
    v4 = nbformat.v4
    marks = [("2026-01-01T10:00:00.250000Z", "2026-01-01T10:00:02.000000Z"), ("2026-01-01T10:05:00Z", "")]
    cells = [v4.new_markdown_cell("no code")]
    for began, ended in marks:
        timing = {"iopub.status.busy": began} | ({"iopub.status.idle": ended} if ended else {})
        cells.append(v4.new_code_cell("1", metadata={"execution": timing}))
    book = v4.new_notebook(cells=cells)
    ((began, ended),) = run_times(book)  # a cell that did not come to its end doesn't count
    assert ended - began == pytest.approx(1.75)
    assert live_seconds(book) == 2


def test_without_a_keyboard_nothing_is_started(notebooks: Path) -> None:
    result = CliRunner().invoke(command, ["tiny"])
    assert isinstance(result.exception, InputError)
    assert "--no-wait" in result.exception.hint
    assert not (notebooks / "cleaned").exists()


def test_too_late_a_step() -> None:
    result = CliRunner().invoke(command, ["tiny", "--from", "7"])
    assert isinstance(result.exception, InputError)


def test_the_list_runs_nothing(notebooks: Path) -> None:
    result = CliRunner().invoke(command, ["tiny", "--list"])
    assert "3 text  ## The sum" in result.stdout
    assert not (notebooks / "cleaned").exists()


Until = Callable[[bytes], bytes]
Press = Callable[[bytes], object]


def at_a_terminal(*arguments: str) -> tuple[subprocess.Popen[bytes], Until, Press]:
    """The command at a terminal: the process, what reads up to some words, and what presses a key."""
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COURSE, "demo", "tiny", *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "80"},
    )
    left = b""

    def until(words: bytes) -> bytes:
        nonlocal left
        while words not in left:
            left += os.read(keyboard, 1000)
        seen, _, left = left.partition(words)
        return seen

    def press(key: bytes) -> None:
        # What is typed before it listens is thrown away (termios' TCSAFLUSH).
        assert wait_until(lambda: not termios.tcgetattr(terminal)[3] & termios.ICANON, 60)
        os.write(keyboard, key)

    return process, until, press


def test_keys_at_a_real_terminal(notebooks: Path) -> None:
    process, until, press = at_a_terminal("--from", "3")
    until(b"n: notes")
    press(b"n")
    until(b"Ask the room first: [db] or [app]?")
    until(b"q: quit")
    press(b"\r")
    until(b"q: quit")
    press(b"\r")
    assert b"21" in until(b"q: quit")
    press(b"q")
    until(b"Removing what the demonstration made")
    until(b"A learner takes about 7 minutes")
    assert process.wait(30) == 0
    assert (notebooks / "cleaned").read_text() == "x"


def test_ctrl_c_while_it_waits_cleans_up(notebooks: Path) -> None:
    process, until, press = at_a_terminal("--from", "3")
    until(b"q: quit")
    press(b"\x03")
    until(b"Removing what the demonstration made")
    process.wait(30)
    assert (notebooks / "cleaned").read_text() == "x"

"""What the rules on stopping make of an end. What containers really do is in the bank."""

from __future__ import annotations

import dataclasses

import pytest

from checkers.rules.stops import Stopped, ends_well, farewell_said, in_time

WELL = Stopped(0, "closed, bread", "open\nclosed, bread", ("python till.py",))
DEAF = Stopped(137, "closed, bread", "open", ("/bin/sh -c python till.py", "python till.py"))


@pytest.mark.parametrize(
    ("seen", "words", "code"),
    [
        (DEAF, "SIGTERM to process 1, `/bin/sh -c python till.py`", "M14"),
        (dataclasses.replace(DEAF, code=0), "ended with exit code 0", "M14"),
        (dataclasses.replace(DEAF, log="closed, 4"), "killed after 3 s", "M14"),  # another's words
        (dataclasses.replace(DEAF, signal="SIGINT"), "SIGINT to process 1", "M14"),
        (dataclasses.replace(DEAF, processes=()), "SIGTERM to process 1,", "M14"),
        (
            dataclasses.replace(DEAF, signal="SIGKILL", processes=("python till.py",)),
            "SIGKILL, as STOP",
            None,
        ),
    ],
)
def test_a_missing_farewell(seen: Stopped, words: str, code: str | None) -> None:
    found = farewell_said(seen)
    assert (found.right, found.misconception) == (False, code)
    assert words in found.message
    assert found.hint


def test_later_faults() -> None:
    late = in_time(dataclasses.replace(WELL, code=137))
    assert (late.right, "went on" in late.message) == (False, True)
    loud = ends_well(dataclasses.replace(WELL, code=143))
    assert (loud.right, "143" in loud.message) == (False, True)


@pytest.mark.parametrize("signal", ["", "SIGTERM", "SIGINT", "2"])
@pytest.mark.parametrize("processes", [(), ("python till.py",), ("tini -- python", "python till.py")])
def test_a_clean_end(signal: str, processes: tuple[str, ...]) -> None:
    seen = dataclasses.replace(WELL, signal=signal, processes=processes)
    assert all(look(seen).right for look in (farewell_said, in_time, ends_well))

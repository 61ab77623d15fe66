from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.dockerfile import parse, stages

CASES = {
    "lines and keywords": ("# a\n\nfrom x\nrun  a   b\n", [(3, "FROM", "x"), (4, "RUN", "a   b")]),
    "continued": (
        "FROM x\nRUN a \\\n  b \\\n\n  # why\n  c\nCMD d",
        [(1, "FROM", "x"), (2, "RUN", "a   b   c"), (7, "CMD", "d")],
    ),
    "another escape": (
        "# escape=`\nFROM x\nRUN a `\n b\nRUN c \\\nCMD d",
        [(2, "FROM", "x"), (3, "RUN", "a  b"), (5, "RUN", "c \\"), (6, "CMD", "d")],
    ),
    "escape after a comment is a comment": (
        "# x\n# escape=`\nFROM x `\nRUN a",
        [(3, "FROM", "x `"), (4, "RUN", "a")],
    ),
    "heredoc": (
        "FROM x\nRUN <<EOF\nCMD no\nEOF\nCMD yes",
        [(1, "FROM", "x"), (2, "RUN", "<<EOF"), (5, "CMD", "yes")],
    ),
    "two heredocs": (
        "FROM x\nCOPY <<A <<B /\none\nA\ntwo\nB\nUSER u",
        [(1, "FROM", "x"), (2, "COPY", "<<A <<B /"), (7, "USER", "u")],
    ),
    "heredoc with tabs": (
        "FROM x\nRUN <<-EOF\n\ta\n\tEOF\nUSER u",
        [(1, "FROM", "x"), (2, "RUN", "<<-EOF"), (5, "USER", "u")],
    ),
    "no heredoc in CMD": (
        "FROM x\nCMD echo <<EOF\nUSER u",
        [(1, "FROM", "x"), (2, "CMD", "echo <<EOF"), (3, "USER", "u")],
    ),
    "byte order mark": ("\ufeffFROM x", [(1, "FROM", "x")]),
    "windows line ends": ("FROM x\r\nRUN a \\\r\n b\r\n", [(1, "FROM", "x"), (2, "RUN", "a  b")]),
    "keyword alone": ("FROM x\nRUN", [(1, "FROM", "x"), (2, "RUN", "")]),
    "unfinished": ("FROM x\nRUN a \\", [(1, "FROM", "x"), (2, "RUN", "a")]),
    "nothing": ("", []),
}


@pytest.mark.parametrize("name", CASES)
def test_parse(name: str) -> None:
    text, expected = CASES[name]
    assert [(one.line, one.keyword, one.args) for one in parse(text)] == expected


def test_flags_stage_body_and_end() -> None:
    text = "FROM a AS b\nCOPY --from=0 --chown=1:2 x y\nFROM b\n"
    text += "RUN --mount=type=bind,target=/s <<EOF\nmake\nEOF\n"
    copy, run = parse(text)[1], parse(text)[3]
    assert (copy.stage, copy.flags, copy.args) == (0, ("--from=0", "--chown=1:2"), "x y")
    assert (copy.flag("from"), copy.flag("link")) == ("0", None)
    assert (run.stage, run.flag("mount"), run.body, run.line, run.end) == (
        1,
        "type=bind,target=/s",
        "make",
        4,
        6,
    )
    assert stages(text) == {"b": 0}


def test_before_the_first_from() -> None:
    assert [one.stage for one in parse("ARG A\nFROM x\nFROM y")] == [-1, 0, 1]


@given(st.text())
def test_never_raises_and_lines_exist(text: str) -> None:
    lines = len(text.splitlines())
    for one in parse(text):
        assert 1 <= one.line <= one.end <= lines

"""What the rule on arguments makes of a run. What runs really do is in the bank."""

from __future__ import annotations

import pytest

from checkers.rules.arguments import Case, Ran, judge, quoted
from checkers.running import NotStarted

DEFAULT = ("| a |", "| b |")
NOTHING = "labels: nothing to print"


def case(*words: str, code: int = 0) -> Case:
    return Case(words, tuple(f"| {word} |" for word in words), code)


def ran(*lines: str, code: int | None = 0, log: str = "") -> Ran:
    return Ran(lines, code, f"ended with exit code {code}", log or "\n".join(lines))


CAUGHT = {
    "words dropped by a shell form": (case("x y"), ran(log=NOTHING, code=2), "no word on", "M10"),
    "the default in the shell form": (case("x y"), ran(*DEFAULT), "the words were dropped", "M10"),
    "the default in ENTRYPOINT": (case("x"), ran(*DEFAULT, "| x |"), "default labels, too", "M10"),
    "the first word is $0": (case("x", "y"), ran("| y |"), "lost the first word", "M10"),
    "split": (case("x y"), ran("| x |", "| y |"), "as they are", "M10"),
    "expanded": (case("$HOME"), ran("| /root |"), "as they are", "M10"),
    "the empty word is lost": (case("", "x"), ran("| x |"), "lost the first word", "M10"),
    "taken for a program": (
        case("x y"),
        ran(code=127, log="exec: x y: not found"),
        "'x y' for the name",
        "M10",
    ),
    "the default, split": (Case((), ("| a b |",)), ran("| a |", "| b |"), "as they are", "M10"),
    "a line too many": (Case((), DEFAULT), ran("Hello", *DEFAULT), "something else", None),
    "no program": (Case((), DEFAULT), ran(code=2, log="can't open file"), "ended with exit code 2", None),
    "the exit code is lost": (case("x", code=3), ran("| x |"), "ends with 3", None),
    "an exit code from nowhere": (case("x"), ran("| x |", code=1), "ends with 0", None),
    "no end": (case("x"), ran("| x |", code=None), "still running", None),
}


@pytest.mark.parametrize("name", CAUGHT)
def test_catches(name: str) -> None:
    given, seen, words, code = CAUGHT[name]
    found = judge(given, seen, default=DEFAULT, nothing=NOTHING)
    assert found is not None
    assert (found.right, found.misconception) == (False, code)
    assert words in found.message
    assert found.hint


@pytest.mark.parametrize(
    ("program", "code"), [("x", "M10"), ("/run.sh", None)], ids=["a word", "the entry script"]
)
def test_a_program_that_is_not_there(program: str, code: str | None) -> None:
    error = NotStarted(f"{program}: there is no such program in the image.")
    found = judge(case("x"), Ran(not_started=error), default=(), nothing=NOTHING)
    assert found is not None
    assert found.misconception == code


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (Case((), DEFAULT), ran(*DEFAULT)),
        (case("a", "b"), ran(*DEFAULT)),  # the default's own words, given
        (case("", "-x", "*"), ran("|  |", "| -x |", "| * |")),
        (case("x", code=3), ran("| x |", code=3, log="| x |\nlabels: longer than 30 characters: …")),
    ],
    ids=["default", "the same words", "odd words", "exit code"],
)
def test_catches_not(given: Case, seen: Ran) -> None:
    assert judge(given, seen, default=DEFAULT, nothing=NOTHING) is None


@pytest.mark.parametrize(
    ("word", "shown"),
    [("x", "x"), ("", "''"), ("a b", "'a b'"), ("$HOME", "'$HOME'"), ("it's", '"it\'s"'), ("-18", "-18")],
)
def test_words_are_shown_as_one_types_them(word: str, shown: str) -> None:
    assert quoted(word) == shown

"""Which rules run again after an edit, which verdicts stand, and rules side by side. No engine: these rules
ask for files alone; images are in tests/engine/test_watch.py."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from checkers.attempt import Attempt
from checkers.follow import follow
from checkers.interrupts import Stop, Stopped
from checkers.result import CheckResult, Status
from checkers.reuse import Memory
from checkers.rules import Outcome, Rule, passed, wrong
from checkers.runner import apply
from course.errors import EngineError

DOCKERFILE = "FROM a\nCOPY . .\nCMD b\n"


class Bench:
    """A folder, a memory, and rules that write down that they ran."""

    def __init__(self, folder: Path, *rules: Rule) -> None:
        self.folder, self.memory, self.ran = folder, Memory(), list[str]()
        self.rules = [self._counting(rule) for rule in rules]
        folder.mkdir()
        (folder / "Dockerfile").write_text(DOCKERFILE)

    def check(self, ground: object = 1, stop: Stop | None = None) -> tuple[CheckResult, ...]:
        self.ran.clear()
        self.memory.begin(ground)
        attempt = Attempt(cast("Any", None), self.folder, word=self.memory.word, stop=stop)
        try:
            attempt.copy()
            return follow(self.rules, attempt, apply, self.memory)
        finally:
            attempt.discard()

    def _counting(self, rule: Rule) -> Rule:
        def check(attempt: Attempt) -> Outcome:
            self.ran.append(rule.id)
            outcome: Outcome = rule.check(attempt)
            return outcome

        return Rule(rule.id, rule.title, check, rule.needs, rule.apart)


def rule(
    name: str, ask: Callable[[Attempt], object], *needs: str, ends: Callable[[], Outcome] | None = None
) -> Rule:
    def check(attempt: Attempt) -> Outcome:
        ask(attempt)
        return ends() if ends else passed("p")

    return Rule(name, name, check, needs)


ASKS: dict[str, Callable[[Attempt], object]] = {
    "dockerfile": lambda attempt: attempt.text(),
    "ignore": lambda attempt: attempt.text(".dockerignore"),
    "sent": lambda attempt: attempt.sent(),
    "folder": lambda attempt: attempt.folder,
    "nothing": lambda attempt: None,
}
EDITS: dict[str, tuple[dict[str, str], set[str]]] = {
    "none": ({}, {"nothing"}),
    "a comment": ({"Dockerfile": "# c\n\nFROM a\nCOPY . .\nCMD b\n"}, {"nothing", "folder"}),
    "an instruction": ({"Dockerfile": "FROM a\nCOPY . .\nCMD c\n"}, {"nothing", "folder", "dockerfile"}),
    "a file's content": ({"app.py": "2"}, {"nothing", "folder"}),
    "a new file": ({"new": ""}, {"nothing", "folder", "sent"}),
    "an ignore file": ({".dockerignore": "app.py\n"}, {"nothing", "folder", "ignore", "sent"}),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_rule_runs_again_if_what_it_asked_for_has_changed(tmp_path: Path, edit: str) -> None:
    bench = Bench(tmp_path / "a", *(rule(name, ask) for name, ask in ASKS.items()))
    (bench.folder / "app.py").write_text("1")
    first = bench.check()
    assert set(bench.ran) == set(ASKS)
    files, again = EDITS[edit]
    for name, text in files.items():
        (bench.folder / name).write_text(text)
    second = bench.check()
    assert set(bench.ran) == again
    assert set(bench.memory.reused) == set(ASKS) - again
    assert [one.status for one in second] == [one.status for one in first]


def _raises() -> Outcome:
    raise EngineError("gone")


def _wrong() -> Outcome:
    return wrong("w", "h")


def _right() -> Outcome:
    return passed("p")


@pytest.mark.parametrize("ends", [_wrong, _raises])
def test_only_a_pass_is_kept(tmp_path: Path, ends: Callable[[], Outcome]) -> None:
    outcomes = [ends, _right]
    bench = Bench(tmp_path / "a", rule("a", ASKS["dockerfile"], ends=lambda: outcomes.pop(0)()))
    assert bench.check()[0].status is not Status.PASS
    assert bench.check()[0].status is Status.PASS, "a flaky verdict was frozen"
    bench.check()
    assert not bench.ran


def test_another_engine_or_base_image_is_another_ground(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a", rule("a", ASKS["dockerfile"]))
    bench.check(ground=1)
    bench.check(ground=2)
    assert bench.ran == ["a"]


def shared(attempt: Attempt) -> None:
    attempt.once("app", lambda: attempt.text("app.py"))


def test_rules_that_share_something_go_together(tmp_path: Path) -> None:
    """One of them may have changed it: a container that was stopped, an app that was made ill."""

    def and_ignore(attempt: Attempt) -> None:
        shared(attempt)
        attempt.text(".dockerignore")

    bench = Bench(
        tmp_path / "a", rule("a", shared), rule("b", and_ignore, "a"), rule("c", ASKS["dockerfile"])
    )
    bench.check()
    (bench.folder / ".dockerignore").write_text("x\n")
    bench.check()
    assert bench.ran == ["a", "b"]


def test_what_prepares_a_rule_runs_before_it(tmp_path: Path) -> None:
    """`b` was skipped so far. It needs `a` to have used the shared thing, though a's verdict would stand."""
    gate = [wrong("w", "h"), passed("p")]
    bench = Bench(
        tmp_path / "a",
        rule("a", shared),
        rule("gate", ASKS["nothing"], ends=lambda: gate.pop(0)),
        rule("b", shared, "a", "gate"),
    )
    assert [one.status for one in bench.check()] == [Status.PASS, Status.FAIL, Status.SKIP]
    assert [one.status for one in bench.check()] == [Status.PASS] * 3
    assert bench.ran == ["gate", "a", "b"]


def test_each_memory_and_each_check_without_one_has_words_of_its_own(tmp_path: Path) -> None:
    words = {Memory().word, Memory().word, *(Attempt(cast("Any", None), tmp_path).word for _ in range(2))}
    assert len(words) == 4


def test_rules_apart_run_side_by_side_and_are_told_in_order(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)  # passes only if both wait in it
    rules = [Rule(name, name, lambda _: passed(str(both.wait())), apart=True) for name in ("a", "b")]
    last = Rule("c", "c", lambda _: passed("p"), needs=("a", "b"))
    attempt = Attempt(cast("Any", None), tmp_path)
    found = follow([*rules, last], attempt, apply)
    assert [(one.id, one.status) for one in found] == [(name, Status.PASS) for name in "abc"]


def test_nobody_waits_for_what_only_a_rule_apart_needs(tmp_path: Path) -> None:
    """`b` begins when `a` has ended, and `c` doesn't wait for that; `skipped` needs one that fails."""
    last_ran = threading.Event()

    def late(_: Attempt) -> Outcome:
        return passed("p") if last_ran.wait(10) else wrong("c waited for it", "h")

    def last(_: Attempt) -> Outcome:
        last_ran.set()
        return wrong("w", "h")

    rules = [
        Rule("a", "a", late, apart=True),
        Rule("b", "b", lambda _: passed("p"), needs=("a",), apart=True),
        Rule("c", "c", last),
        Rule("d", "d", lambda _: passed("p"), needs=("b",), apart=True),
        Rule("skipped", "skipped", lambda _: passed("p"), needs=("d", "c"), apart=True),
    ]
    found = follow(rules, Attempt(cast("Any", None), tmp_path), apply)
    assert [(one.id, one.status) for one in found] == [
        ("a", Status.PASS),
        ("b", Status.PASS),
        ("c", Status.FAIL),
        ("d", Status.PASS),
        ("skipped", Status.SKIP),
    ]


def test_a_check_that_was_stopped_gives_no_verdict(tmp_path: Path) -> None:
    stop = Stop()
    bench = Bench(tmp_path / "a", rule("a", lambda _: stop.now()), rule("b", ASKS["nothing"]))
    with pytest.raises(Stopped):
        bench.check(stop=stop)
    assert bench.ran == ["a"]

"""How the bank judges: what an expect.toml says, which verdicts disagree with it, how they are counted."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from checkers.bank import answers, mutants, tally, trials
from checkers.bank.answers import disagreements
from checkers.bank.mutants import misjudged, survivors
from checkers.bank.submission import Submission
from checkers.bank.tally import Outcome
from checkers.plans import plan_for
from checkers.result import CheckResult, Report, Status
from course.errors import ManifestError, UnknownExercise
from course.exercises import load

EXERCISE = "03-signals"


def report(*checks: tuple[str, Status, str | None], not_here: bool = False) -> Report:
    return Report(
        EXERCISE,
        tuple(
            CheckResult(name, name, status, "seen", "look", code, not_here=not_here)
            for name, status, code in checks
        ),
    )


PASSES = report(("builds", Status.PASS, None), ("farewell", Status.PASS, None))
FAILS = report(("builds", Status.PASS, None), ("farewell", Status.FAIL, "M14"), ("x", Status.FAIL, "M09"))
BREAKS = report(("builds", Status.ERROR, None))
NOT_HERE = report(("builds", Status.ERROR, None), not_here=True)


def answer(folder: Path, side: str, expect: str) -> answers.Answer:
    place = folder / EXERCISE / side / "one"
    place.mkdir(parents=True)
    (place / "expect.toml").write_text(expect)
    (found,) = answers.answers((EXERCISE,), folder)
    return found


WRONG = 'why = "w"\nstatus = "fail"\ncheck = "farewell"\n'


@pytest.mark.parametrize(
    ("side", "expect", "seen", "said"),
    [
        ("right", 'why = "w"\nstatus = "pass"\n', PASSES, []),
        ("right", 'why = "w"\nstatus = "pass"\n', FAILS, ["It ends in fail, not in pass: w."]),
        ("right", 'why = "w"\nstatus = "pass"\n', BREAKS, ["It ends in error, not in pass: w."]),
        ("right", 'why = "w"\nstatus = "pass"\n', NOT_HERE, []),
        ("wrong", f'{WRONG}misconception = "M14"', FAILS, []),
        ("wrong", f'{WRONG}misconception = "M14"', PASSES, ["It ends in pass, not in fail: w."]),
        ("wrong", f'{WRONG}misconception = "M14"', BREAKS, ["It ends in error, not in fail: w."]),
        ("wrong", f'{WRONG}misconception = "M09"', FAILS, ["It names M14, not M09."]),
        ("wrong", WRONG, FAILS, ["It names M14, not none."]),
        (
            "wrong",
            'why = "w"\nstatus = "fail"\ncheck = "in-time"\nmisconception = "M14"',
            FAILS,
            ["It fails at “farewell” first, not at “in-time”."],
        ),
        (
            "wrong",
            f'{WRONG}misconception = "M14"',
            report(("farewell", Status.FAIL, None)),
            ["It names no misconception, not M14."],
        ),
    ],
)
def test_a_verdict_agrees_with_what_was_expected_or_the_difference_is_said(
    tmp_path: Path, side: str, expect: str, seen: Report, said: list[str]
) -> None:
    assert list(disagreements(answer(tmp_path, side, expect), seen)) == said


def test_a_failing_check_without_a_hint_is_a_disagreement(tmp_path: Path) -> None:
    bare = dataclasses.replace(FAILS, checks=(dataclasses.replace(FAILS.checks[1], hint=""),))
    assert disagreements(answer(tmp_path, "wrong", f'{WRONG}misconception = "M14"'), bare) == (
        "Its failing check has no hint.",
    )


def test_a_misconception_that_the_exercise_does_not_list_is_a_disagreement(tmp_path: Path) -> None:
    seen = report(("farewell", Status.FAIL, "M14"), ("x", Status.FAIL, "M25"))
    (said,) = disagreements(answer(tmp_path, "wrong", f'{WRONG}misconception = "M14"'), seen)
    assert said.startswith("It names M25, which")


@pytest.mark.parametrize(
    ("side", "expect", "said"),
    [
        ("right", 'why = "w"\nstatus = "fail"\ncheck = "x"', "a right answer has the status pass"),
        ("wrong", 'why = "w"\nstatus = "pass"', "a wrong answer has the status fail"),
        ("wrong", 'why = "w"\nstatus = "fail"', "it doesn't name the check that fails"),
        ("right", 'status = "pass"', "it doesn't say why it is here"),
        ("right", 'why = "w"\nstatus = "pass"\ncheck = "x"', "a right answer fails at no check"),
        ("right", 'why = "w"\nstatus = "pass"\nchecks = "x"', "'checks' means nothing"),
        ("odd", 'why = "w"\nstatus = "pass"', "odd is neither right nor wrong"),
        ("right", "why = w", "cannot be read"),
    ],
)
def test_an_expectation_that_says_nothing_clear_is_refused(
    tmp_path: Path, side: str, expect: str, said: str
) -> None:
    with pytest.raises(ManifestError, match=said):
        answer(tmp_path, side, expect)


def test_an_unknown_exercise_is_named() -> None:
    with pytest.raises(UnknownExercise, match="03-signal"):
        answers.answers(("03-signal",))


def test_the_bank_is_there_and_each_expectation_can_come_true() -> None:
    found = answers.answers()
    assert len(found) >= 300
    for one in found:
        rules = {rule.id for rule in plan_for(one.submission.exercise).rules}
        assert one.expect.check is None or one.expect.check in rules, one.submission


def test_an_answer_is_laid_over_the_starter(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "over").mkdir()
    for name, text in (
        ("base/kept", "k"),
        ("base/changed", "1"),
        ("over/changed", "2"),
        ("over/expect.toml", ""),
    ):
        (tmp_path / name).write_text(text)
    Submission("x", "y", tmp_path / "base", tmp_path / "over", {"new": "n"}).assemble(tmp_path / "made")
    made = {path.name: path.read_text() for path in (tmp_path / "made").iterdir()}
    assert made == {"kept": "k", "changed": "2", "new": "n"}


def test_every_mutation_that_is_listed_as_right_exists_and_says_why() -> None:
    found = mutants.mutants()
    assert {one.submission.exercise for one in found} == {one.id for one in load()}
    assert sum(bool(one.why_right) for one in found) == sum(len(survivors(one.id).why) for one in load())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[right]]\nwhy = ""\nmutations = ["a"]', "doesn't say why"),
        ('[[right]]\nwhy = "w"\nmutations = ["a", "a"]', "twice"),
        ('[[right]]\nmutations = ["a"]', "cannot be read"),
        ("right = ", "cannot be read"),
    ],
)
def test_a_list_of_right_mutations_that_is_not_clear_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / EXERCISE).mkdir()
    (tmp_path / EXERCISE / "mutations.toml").write_text(text)
    with pytest.raises(ManifestError, match=said):
        survivors(EXERCISE, tmp_path)


@pytest.mark.parametrize(
    ("why_right", "seen", "amiss"),
    [
        ("", FAILS, False),
        ("", PASSES, True),
        ("", BREAKS, True),
        ("", NOT_HERE, False),
        ("as good", PASSES, False),
        ("as good", FAILS, True),
        ("as good", BREAKS, True),
    ],
)
def test_a_mutation_must_fail_unless_it_is_listed(why_right: str, seen: Report, amiss: bool) -> None:
    mutant = mutants.Mutant(Submission(EXERCISE, "m"), why_right)
    assert bool(misjudged(mutant, seen)) is amiss


def test_a_share_of_the_mutations_is_always_the_same_and_about_as_large_as_it_says() -> None:
    everything, share = trials.of_mutations(), trials.of_mutations(share=5)
    names = [(one.submission.exercise, one.submission.name) for one in share]
    assert names == [(one.submission.exercise, one.submission.name) for one in trials.of_mutations(share=5)]
    assert len(everything) / 10 < len(share) < len(everything) / 2.5


def outcome(name: str, expected: str, seen: Report, *problems: str) -> Outcome:
    return Outcome(EXERCISE, name, expected, seen, problems)


def test_the_confusion_table_counts_each_ending() -> None:
    found = [
        outcome("a", "right", PASSES),
        outcome("b", "right", FAILS),
        outcome("c", "wrong", FAILS),
        outcome("d", "wrong", BREAKS),
        outcome("e", "wrong", NOT_HERE),
    ]
    table = tally.confusion(found)
    assert table == {
        EXERCISE: {"right": {"pass": 1, "fail": 1}, "wrong": {"fail": 1, "error": 1, "not here": 1}}
    }
    assert tally.total(table | {"other": table[EXERCISE]})["right"] == {"pass": 2, "fail": 2}


def test_each_check_is_told_how_many_it_caught_first() -> None:
    row = tally.caught(
        [outcome("c", "wrong", FAILS), outcome("d", "wrong", FAILS), outcome("a", "right", PASSES)]
    )
    assert row[EXERCISE] == {"builds": 0, "answers": 0, "farewell": 2, "in-time": 0, "exit-code": 0}


@pytest.mark.parametrize(
    ("first", "second", "differs"),
    [
        (FAILS, FAILS, False),
        (FAILS, dataclasses.replace(FAILS, seconds=9.0), False),
        (FAILS, PASSES, True),
        (FAILS, report(("farewell", Status.FAIL, "M09")), True),
        (PASSES, NOT_HERE, True),
    ],
)
def test_a_verdict_that_changed_between_two_runs_is_told(
    first: Report, second: Report, differs: bool
) -> None:
    runs = [[outcome("a", "wrong", first)], [outcome("a", "wrong", second)]]
    assert list(tally.changed(runs)) == ([(EXERCISE, "a")] if differs else [])

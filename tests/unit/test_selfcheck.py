"""That the exercises are well written, and that each way of being badly written is found."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from checkers.selfcheck import of_files, written
from course import misconceptions
from course.exercises import Exercise, find, load

TASK = "# A task\n\nCheck it with `course check 03-signals`.\n"


@pytest.mark.parametrize("exercise", load(), ids=lambda one: one.id)
def test_the_course_is_in_order(exercise: Exercise) -> None:
    assert [finding.problem for finding in of_files(exercise)] == []


def made(
    folder: Path,
    *,
    task: str = TASK,
    starter: Mapping[str, str] | None = None,
    solution: Mapping[str, str] | None = None,
    **more: Any,
) -> Exercise:
    """03-signals, with this task and these files in place of its own."""
    for part, files in (("starter", starter), ("solution", solution)):
        for name, text in (files or {"Dockerfile": "CMD true\n"}).items():
            (folder / part / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / part / name).write_text(text)
    (folder / "task.md").write_text(task)
    return dataclasses.replace(find("03-signals"), folder=folder, **more)


def test_a_good_one_has_no_problem(tmp_path: Path) -> None:
    assert list(written.problems(made(tmp_path))) == []


def test_one_without_a_plan(tmp_path: Path) -> None:
    problems = list(written.problems(made(tmp_path, id="03-nobody", task="course check 03-nobody")))
    assert problems[0] == "No plan in checkers.plans.chapter_03 says how 03-nobody is checked."
    assert problems[1:] == ['no code cell of 03_dockerfiles.ipynb opens it: exercise("03-nobody")']


def test_a_plan_whose_rules_are_mixed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = written.plan_for("03-signals")
    first, *rest = plan.rules
    rules = (*rest[:1], dataclasses.replace(first, id=rest[0].id))
    monkeypatch.setattr(written, "plan_for", lambda _: dataclasses.replace(plan, rules=rules))
    assert list(written.of_plan(made(tmp_path))) == [
        "two rules of its plan have the same id: ['answers', 'answers']",
        "rule answers needs ['builds'], which no earlier rule is called",
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"hints": ("one",)}, "one hint is no ladder"),
        ({"hints": ("one", " — ")}, "hints: hint 2 is empty"),
        ({"hints": ("one", "two", "one")}, "hints: two of its hints are the same"),
        ({"hints_for": {"answers": ("", "two")}}, "hints_for answers: hint 1 is empty"),
        ({"hints_for": {"talks": ("one", "two")}}, "hints_for talks: no check of its plan is called so"),
    ],
)
def test_hints_that_help_nobody(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    good = dict(find("03-signals").hints_for)
    change = change | {"hints_for": good | change.get("hints_for", {})}
    assert list(written.of_hints(made(tmp_path, **change))) == [problem]


def test_a_check_without_a_ladder(tmp_path: Path) -> None:
    ladders = {key: ladder for key, ladder in find("03-signals").hints_for.items() if key[:7] != "answers"}
    assert list(written.of_hints(made(tmp_path, hints_for=ladders))) == [
        "its check answers has no ladder in hints_for"
    ]


def test_codes_that_nobody_knows_or_teaches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = made(tmp_path, misconceptions=("M01", "M02", "M14", "M77"))
    known = misconceptions.find("M14")
    odd = {
        "M01": dataclasses.replace(known, code="M01", taught=""),
        "M02": dataclasses.replace(known, code="M02", taught="99_gone.ipynb#Here"),
        "M14": known,
    }
    monkeypatch.setattr(misconceptions, "ALL", odd)
    gone = [
        "misconception M02 is taught in 99_gone.ipynb, which isn't there",
        "misconception M77 is not in the list",
    ]
    lessons = written.lessons()
    monkeypatch.setattr(written, "lessons", lambda: lessons[:6])
    assert list(written.of_codes(exercise)) == gone, "a lesson that isn't written yet may teach it"
    monkeypatch.setattr(written, "lessons", lambda: [*lessons, *(Path(str(it)) for it in range(13))])
    assert list(written.of_codes(exercise)) == ["misconception M01 is taught in no lesson", *gone]


STARTER = {"Dockerfile": "FROM a AS build\nRUN make it\nCMD run it\n"}
LEAKS = {
    "in another spelling": ('CMD ["run", "it", "now"]', 'Write `CMD ["run","it", "now"]` or so.'),
    "without brackets": ('CMD ["run", "it", "now"]', "In the end **cmd run it now** stands there."),
    "over a line's end": ("COPY --from=build /x /x", "What about COPY --from=build\n/x /x?"),
    "the command of a RUN": ("RUN npm prune --omit=dev", "`npm prune --omit=dev` leaves few."),
    "one of several commands": ("RUN true && rm -r /tmp/x", "rm -r /tmp/x"),
    "an option on a line": ("--restart unless-stopped \\", "The option `--restart unless-stopped`."),
    "a pattern": ("**/*.pem", "Take `**/*.pem`."),
    "an item": ("- db-data:/data", None),
}
HARMLESS = {
    "a name": ("heartbeat", "It is called **heartbeat**."),
    "what the starter has": ("RUN make it \\", "The build must still make it."),
    "a part of a longer word": ("CMD a b", "cmd a bc"),
    "a comment of the solution": ("# Exec form: no shell", "Exec form: no shell"),
    "a program in the CMD": ('CMD ["python", "-m", "greeter"]', "It runs with `python -m greeter`."),
}


@pytest.mark.parametrize("case", LEAKS | HARMLESS)
def test_a_task_that_gives_the_answer_away(tmp_path: Path, case: str) -> None:
    line, said = (LEAKS | HARMLESS)[case]
    exercise = made(
        tmp_path,
        task=f"{TASK}\n{said}\n",
        starter=STARTER,
        solution={"Dockerfile": STARTER["Dockerfile"] + f"{line}\n"},
    )
    leaks = case in LEAKS and said is not None
    found = list(written.of_task(exercise))
    assert len(found) == leaks
    assert all(one.startswith("its task gives the answer away: ") for one in found)


def test_a_task_that_names_no_command(tmp_path: Path) -> None:
    assert list(written.of_task(made(tmp_path, task="# Do it\n"))) == [
        "its task doesn't end with: course check 03-signals"
    ]


def test_the_answer_is_what_the_starter_lacks(tmp_path: Path) -> None:
    exercise = made(
        tmp_path,
        starter={"a": "one\ntwo\n", "same": "x\n"},
        solution={"a": "# why\n\n  two\nthree\none\n", "same": "x\n", "deep/new": "four\n"},
    )
    (exercise.solution / "program").write_bytes(b"\xff\xfe")
    assert sorted(written.answer(exercise)) == ["four", "three", "two"], "two was moved"


def test_an_answer_that_is_too_long(tmp_path: Path) -> None:
    lines = {"Dockerfile": "".join(f"RUN step {number}\n" for number in range(16))}
    exercise = made(tmp_path, starter={"Dockerfile": "CMD true\n"}, solution=lines, minutes=15)
    (problem,) = written.of_answer(exercise)
    assert problem.startswith("its solution has 16 lines that the starter doesn't have, and 15 minutes")
    assert list(written.of_answer(dataclasses.replace(exercise, minutes=16))) == []


def test_an_exercise_that_no_lesson_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [
        ("markdown", 'exercise("03-signals")'),
        ("code", 'print("03-signals")'),
        ("code", "%time exercise('03-signals')"),
        ("code", 'for each in ("03-other",):\n    exercise(each)'),
    ]
    notebook = tmp_path / "03_dockerfiles.ipynb"
    notebook.write_text(
        json.dumps({"cells": [{"cell_type": kind, "source": [text]} for kind, text in cells]})
    )
    monkeypatch.setattr(written, "lessons", lambda: [notebook])
    exercise = made(tmp_path)
    assert written.opened(notebook) == {"03-other"}
    assert list(written.of_lesson(exercise)) == [
        'no code cell of 03_dockerfiles.ipynb opens it: exercise("03-signals")'
    ]
    assert list(written.of_lesson(dataclasses.replace(exercise, id="03-other"))) == []
    assert list(written.of_lesson(dataclasses.replace(exercise, id="09-later"))) == [], "no such chapter yet"

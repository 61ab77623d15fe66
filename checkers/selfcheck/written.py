"""What is wrong with an exercise as it is written: its plan, hints, codes, task and place in the lessons.

No engine is needed to see it. Each function yields problems in words, for an author.
"""

from __future__ import annotations

import ast
import difflib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

from checkers.plans import plan_for
from course import misconceptions
from course.errors import ManifestError
from course.exercises import Exercise
from course.paths import repository

LESSONS = 13
"""Chapters 00 to 12. A misconception that no lesson shows yet is a problem once they are all there."""
_EMPHASIS = re.compile(r"\*\*(\w.*?)\*\*")
_SIGNS = re.compile(r"[\"'`\\|]|(?<!\S)[\[(,]+|[\]),.:;?!]+(?!\S)")
"""Quotes, brackets, stops and the like around words: the same answer can be written with others."""


def problems(exercise: Exercise) -> Iterator[str]:
    """All of them."""
    yield from of_plan(exercise)
    yield from of_hints(exercise)
    yield from of_codes(exercise)
    yield from of_task(exercise)
    yield from of_answer(exercise)
    yield from of_lesson(exercise)


def of_plan(exercise: Exercise) -> Iterator[str]:
    """Its rules have names of their own, and need what comes before them."""
    try:
        names = [rule.id for rule in plan_for(exercise.id).rules]
    except ManifestError as error:
        yield str(error)
        return
    if len(names) != len(set(names)):
        yield f"two rules of its plan have the same id: {names}"
    for rule in plan_for(exercise.id).rules:
        if unknown := [need for need in rule.needs if need not in names[: names.index(rule.id)]]:
            yield f"rule {rule.id} needs {unknown}, which no earlier rule is called"


def of_hints(exercise: Exercise) -> Iterator[str]:
    """Each ladder has steps that say something, and each check of the plan has a ladder."""
    if len(exercise.hints) < 2:
        yield "one hint is no ladder"
    ladders = {"hints": exercise.hints, **{f"hints_for {key}": it for key, it in exercise.hints_for.items()}}
    yield from (
        f"{name}: hint {number} is empty"
        for name, ladder in ladders.items()
        for number, hint in enumerate(ladder, 1)
        if not re.search(r"\w", hint)
    )
    yield from (
        f"{name}: two of its hints are the same"
        for name, ladder in ladders.items()
        if len(set(ladder)) < len(ladder)
    )
    try:
        checks = [rule.id for rule in plan_for(exercise.id).rules]
    except ManifestError:
        return  # of_plan said so
    helped = {key.partition("/")[0] for key in exercise.hints_for}
    yield from (f"hints_for {name}: no check of its plan is called so" for name in sorted(helped - {*checks}))
    yield from (f"its check {name} has no ladder in hints_for" for name in checks if name not in helped)


def of_codes(exercise: Exercise) -> Iterator[str]:
    """Each misconception is in the list, and a lesson teaches it."""
    whole = len(lessons()) >= LESSONS
    for code in exercise.misconceptions:
        if code not in misconceptions.ALL:
            yield f"misconception {code} is not in the list"
            continue
        taught = misconceptions.find(code)
        if not taught.taught and whole:
            yield f"misconception {code} is taught in no lesson"
        if taught.taught and taught.notebook not in {path.name for path in lessons()}:
            yield f"misconception {code} is taught in {taught.notebook}, which isn't there"


def of_task(exercise: Exercise) -> Iterator[str]:
    """It says how to check, and no line of the answer that the starter doesn't say as well."""
    task = exercise.task
    if f"course check {exercise.id}" not in task:
        yield f"its task doesn't end with: course check {exercise.id}"
    said, given = words(task), words("\n".join(_lines_of(exercise.starter)))
    for line in dict.fromkeys(itertools.chain.from_iterable(map(_parts, answer(exercise)))):
        if _tells(line) and within(words(line), said) and not within(words(line), given):
            yield f"its task gives the answer away: {line}"


def of_answer(exercise: Exercise) -> Iterator[str]:
    """It is one that can be found in the time: a line of code a minute, at most."""
    if (lines := len(answer(exercise))) > exercise.minutes:
        yield (
            f"its solution has {lines} lines that the starter doesn't have, and {exercise.minutes} minutes: "
            "let the starter have what isn't the point"
        )


def of_lesson(exercise: Exercise) -> Iterator[str]:
    """A code cell of its chapter opens it, where the chapter is written."""
    for path in lessons():
        if path.name[:2] == exercise.chapter and exercise.id not in opened(path):
            yield f'no code cell of {path.name} opens it: exercise("{exercise.id}")'


def lessons() -> list[Path]:
    """The notebooks of the chapters that are written."""
    return sorted((repository() / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def opened(notebook: Path) -> set[str]:
    """The texts in those code cells of a notebook that call `exercise`: the exercises they open are there."""
    found: set[str] = set()
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        try:
            nodes = list(ast.walk(ast.parse("".join(cell["source"]))))
        except SyntaxError:
            continue  # a magic command's
        if any(isinstance(node, ast.Name) and node.id == "exercise" for node in nodes):
            found |= {
                node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    return found


def answer(exercise: Exercise) -> list[str]:
    """The lines of the solution that the starter doesn't have, in order: without comments, blank lines and
    the space around them."""
    found: list[str] = []
    for path in _files(exercise.solution):
        before = _code(exercise.starter / path.relative_to(exercise.solution))
        compared = difflib.ndiff(before, _code(path))
        found += [line[2:] for line in compared if line.startswith("+ ")]
    return found


def words(text: str) -> list[str]:
    """The words of a text in small letters, without what quotes, emphasises or separates them."""
    bare = _SIGNS.sub(" ", _EMPHASIS.sub(r"\1", text.lower()))
    return [word for word in bare.split() if re.search(r"\w", word)]


def within(some: list[str], all_of: list[str]) -> bool:
    """Whether these words stand among the others, one after another."""
    return f" {' '.join(some)} " in f" {' '.join(all_of)} "


def _lines_of(folder: Path) -> list[str]:
    return [line for path in _files(folder) for line in _code(path)]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _code(path: Path) -> list[str]:
    """A file's lines of code; none where it isn't there, or is no text."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return []
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _parts(line: str) -> Iterator[str]:
    """A line, and what each command of it says."""
    yield line
    for command in line.removeprefix("RUN ").split("&&"):
        yield command.strip()


def _tells(line: str) -> bool:
    """Whether it says how. One word is a name, which a task may have to say, unless it is a pattern."""
    return len(words(line)) > 1 or "*" in line

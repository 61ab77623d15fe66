"""How far a learner is: the chapters and exercises, beside what the record of progress knows of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from course.chapters import Chapter, chapters
from course.exercises import Exercise, load, work_folder
from course.progress import Prediction, Progress, State

How = Literal["passed", "failed", "started", "new"]
SIGNS: Mapping[How, str] = {"passed": "✓", "failed": "✗", "started": "…", "new": " "}


@dataclass(frozen=True)
class Predicted:
    """A chapter's predictions. `judged` are those that the lesson has revealed since."""

    asked: int = 0
    answered: int = 0
    judged: int = 0
    right: int = 0

    @property
    def words(self) -> str:
        """3 of 4, 2 right; "" where none was answered."""
        if not self.answered:
            return ""
        return f"{self.answered} of {self.asked}{f', {self.right} right' if self.judged else ''}"


@dataclass(frozen=True)
class Tried:
    """An exercise and how it stands."""

    exercise: Exercise
    how: How
    known: State
    seconds: float  # of work up to its first pass, or so far: an estimate


@dataclass(frozen=True)
class Reached:
    """A chapter and how far somebody is in it."""

    chapter: Chapter
    predicted: Predicted
    tried: tuple[Tried, ...]

    @property
    def passed(self) -> int:
        """The exercises that have passed once."""
        return sum(one.how == "passed" for one in self.tried)

    @property
    def seconds(self) -> float:
        """The time spent on its exercises."""
        return sum(one.seconds for one in self.tried)


@dataclass(frozen=True)
class Standing:
    """The whole course."""

    reached: tuple[Reached, ...]

    @property
    def begun(self) -> bool:
        """Whether anything is known at all."""
        return any(
            one.predicted.answered or any(each.how != "new" or each.known.hints for each in one.tried)
            for one in self.reached
        )

    @property
    def next(self) -> Tried | None:
        """The exercise to go on with: the first that was begun and hasn't passed, else the first new one."""
        tried = [one for each in self.reached for one in each.tried if one.how != "passed"]
        begun = [one for one in tried if one.how != "new"]
        return (begun or tried)[0] if tried else None


def standing(progress: Progress) -> Standing:
    """Every chapter with its predictions and exercises, in order.

    Raises ManifestError, or InputError if the record cannot be used.
    """
    states, seconds, answers = progress.states(), progress.seconds_spent(), progress.predictions()
    tried = [
        Tried(one, how(one, known), known, seconds.get(one.id, 0.0))
        for one in load()
        for known in [states.get(one.id, State())]
    ]
    lessons = {one.id: one for one in chapters()}
    # An exercise may be there before its chapter is.
    ids = sorted({*lessons, *(one.exercise.chapter for one in tried)})
    return Standing(
        tuple(
            Reached(
                chapter,
                predicted(chapter.questions, answers),
                tuple(one for one in tried if one.exercise.chapter == chapter.id),
            )
            for chapter in (lessons.get(name, Chapter(name, f"Chapter {name}", "")) for name in ids)
        )
    )


def how(exercise: Exercise, known: State) -> How:
    """passed (once is enough), failed (tried and not passed), started (there is a copy), or new."""
    if known.passed:
        return "passed"
    if known.last == "fail":
        return "failed"
    return "started" if known.attempts or (work_folder() / exercise.id).is_dir() else "new"


def predicted(questions: Iterable[str], answers: Iterable[Prediction]) -> Predicted:
    """How the questions of a chapter were answered.

    The first answer that was judged counts: after that, the lesson has told the right one.
    """
    first: dict[str, bool | None] = {}
    for answer in answers:
        if first.get(answer.question) is None:
            first[answer.question] = answer.correct
    asked = list(questions)
    found = [first[question] for question in asked if question in first]
    judged = [right for right in found if right is not None]
    return Predicted(len(asked), len(found), len(judged), sum(judged))

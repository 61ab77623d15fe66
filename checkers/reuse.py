"""What is known from the last check of the same folder, for the next one.

A verdict is kept with all that its rule asked the attempt for, and with the answers (`asked`). The next
attempt is asked the same. Where each answer is the same again, the rule would look at the same image, in the
same way: it isn't run, and its verdict stands. Else, and in every doubt, it runs.

Only a pass is kept. An error says nothing about the answer, and a wrong one is looked at again at each check.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import docker

from checkers.asked import Notes, Question
from checkers.attempt import Attempt
from checkers.limits import Limits
from checkers.result import CheckResult, Status
from checkers.rules.base import Rule
from course.engine.failures import WIRE_ERRORS
from course.engine.makers import LONGEST
from course.errors import CourseError


@dataclass(frozen=True)
class Kept:
    """How a rule ended, and on what ground."""

    result: CheckResult
    answers: tuple[tuple[Question, str], ...]
    shared: frozenset[str]
    sure: bool

    @property
    def stands(self) -> bool:
        """Whether it may be taken over at all."""
        return self.sure and bool(self.answers or self.shared) and self.result.status is Status.PASS


class Memory:
    """Serves the checks of one folder, one after another; `close` it after the last, or use it in a `with`.

    All of them have the same random word: with another one in the files nothing would ever be the same again,
    and the engine's build cache would be of no use. And all have the same cage, which stays until the end:
    the cache knows a RUN by its control group, too.
    """

    def __init__(self) -> None:
        self.word = uuid.uuid4().hex[:8]
        self._house: Attempt | None = None
        self._since = 0.0
        self.reused: frozenset[str] = frozenset()
        """The ids of the rules whose verdict the last check took over."""
        self._ground: object = None
        self._kept: dict[str, Kept] = {}
        self._told: dict[frozenset[str], bool] = {}

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Removes what it has in the engine."""
        if self._house:
            self._house.close()
        self._house = None

    def house(self, client: docker.DockerClient, limits: Limits) -> Attempt:
        """The attempt whose network and cage all checks use. `client` is the caller's, for all of them."""
        if self._house and not self._stands(self._house):
            self.close()
        if self._house is None:
            self._house, self._since = Attempt(client, Path(), limits=limits), time.monotonic()
        return self._house

    def _stands(self, house: Attempt) -> bool:
        """Whether its cage still runs, and nobody takes it for forgotten soon."""
        with contextlib.suppress(CourseError, *WIRE_ERRORS):
            cage = house.cage.container
            cage.reload()
            return cage.status == "running" and time.monotonic() - self._since < LONGEST / 2
        return False

    def begin(self, ground: object) -> None:
        """A new check. `ground` is what no rule asks for: the engine and the base images, as they are now.
        Where it isn't what it was, nothing is known."""
        if ground != self._ground:
            self._kept.clear()
        self._ground, self._told, self.reused = ground, {}, frozenset()

    def recall(self, rule: Rule, attempt: Attempt) -> CheckResult | None:
        """The rule's verdict of last time, if nothing that it asked for has changed."""
        group = self._group(rule.id)
        if group not in self._told:
            self._told[group] = self._same(group, attempt)
        if not self._told[group]:
            return None
        self.reused |= {rule.id}
        return self._kept[rule.id].result

    def keep(self, rule: Rule, result: CheckResult, notes: Notes, attempt: Attempt) -> None:
        """Writes down how a rule ended that has run."""
        answers, sure = [], notes.sure and result.status is Status.PASS
        try:
            for question in notes.questions if sure else ():
                answers.append((question, question.answer(attempt)))
        except (CourseError, *WIRE_ERRORS):  # a build that is wrong, and should be; an engine in trouble
            sure = False
        self._kept[rule.id] = Kept(result, tuple(answers), frozenset(notes.shared), sure)

    def renewed(self, name: str) -> bool:
        """Whether a rule whose verdict was taken over has to run after all, now that one which needs it runs:
        it prepares something that both look at. Its group isn't taken over any more."""
        if name not in self.reused or not self._kept[name].shared:
            return False
        self._told[self._group(name)] = False
        self.reused -= {name}
        return True

    def _group(self, name: str) -> frozenset[str]:
        """The rule and those that share a container with it, or share one with such a rule."""
        group, shared = {name}, set(self._kept[name].shared) if name in self._kept else set()
        while more := {
            other for other, kept in self._kept.items() if other not in group and kept.shared & shared
        }:
            group |= more
            shared |= {key for other in more for key in self._kept[other].shared}
        return frozenset(group)

    def _same(self, group: frozenset[str], attempt: Attempt) -> bool:
        if not all(name in self._kept and self._kept[name].stands for name in group):
            return False
        asked = {question: answer for name in group for question, answer in self._kept[name].answers}
        ordered = sorted(asked, key=lambda question: question.cost)  # the first difference is enough
        try:
            return bool(asked) and all(question.answer(attempt) == asked[question] for question in ordered)
        except (CourseError, *WIRE_ERRORS):
            return False  # the rule meets it, too, and says so

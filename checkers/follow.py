"""Applies a plan's rules to an attempt: in order, or side by side where a rule minds nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from checkers.asked import Notes
from checkers.attempt import Attempt
from checkers.result import CheckResult, Status
from checkers.reuse import Memory
from checkers.rules.base import Rule

Apply = Callable[[Rule, Attempt], CheckResult]
_AT_ONCE = 3  # rules that are `apart`: they mostly wait for the engine, which has its own limits


def follow(
    rules: Sequence[Rule], attempt: Attempt, apply: Apply, memory: Memory | None = None
) -> tuple[CheckResult, ...]:
    """A result for each rule, in their order; one whose `needs` did not pass is skipped.

    Rules follow one another, but for those that are `apart`: these run beside what comes after them, and
    begin when what they need has ended, which nobody waits for before.
    """
    with ThreadPoolExecutor(_AT_ONCE, "rule") as pool:
        course = _Course(rules, attempt, apply, memory, pool)
        try:
            for rule in rules:
                course.take(rule)
            return tuple(course.result(rule.id) for rule in rules)
        except BaseException:
            attempt.abort()  # else the other rules would be waited for
            pool.shutdown(wait=True, cancel_futures=True)
            raise


class _Course:
    """The rules of one attempt on their way."""

    def __init__(
        self,
        rules: Sequence[Rule],
        attempt: Attempt,
        apply: Apply,
        memory: Memory | None,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._rules, self._attempt, self._apply, self._memory = rules, attempt, apply, memory
        self._pool = pool
        self._results: dict[str, CheckResult] = {}
        self._running: dict[str, tuple[Rule, Notes, Future[CheckResult]]] = {}
        self._put_off: dict[str, Rule] = {}

    def take(self, rule: Rule) -> None:
        """Has the rule applied, or knows without that how it ends; or puts it off, if it is apart and what it
        needs still runs."""
        self._attempt.stop.check()
        for other in list(self._put_off.values()):
            if other.id in self._put_off and not self._open(other):
                self._begin(self._put_off.pop(other.id))
        if rule.apart and self._open(rule):
            self._put_off[rule.id] = rule
        else:
            self._begin(rule)

    def _open(self, rule: Rule) -> bool:
        """Whether something that the rule needs has not ended."""
        return any(
            need in self._put_off or (need in self._running and not self._running[need][2].done())
            for need in rule.needs
        )

    def _begin(self, rule: Rule) -> None:
        if self._lacks(rule):
            return
        if self._memory and (kept := self._memory.recall(rule, self._attempt)):
            self._results[rule.id] = kept
            return
        renewed = [need for need in self._ground(rule) if self._memory and self._memory.renewed(need.id)]
        for need in renewed:
            self._start(need)
        if not (renewed and self._lacks(rule)):
            self._start(rule)

    def _lacks(self, rule: Rule) -> bool:
        """Whether a rule that this one needs did not pass, so that it is skipped."""
        missing = [need for need in rule.needs if self.result(need).status is not Status.PASS]
        if missing:
            self._results[rule.id] = _skipped(rule, missing[0], self._rules)
        return bool(missing)

    def _start(self, rule: Rule) -> None:
        notes = Notes()
        view = self._attempt.noting(notes) if self._memory else self._attempt
        if rule.apart:
            self._running[rule.id] = (rule, notes, self._pool.submit(self._apply, rule, view))
        else:
            self._end(rule, notes, self._apply(rule, view))

    def _ground(self, rule: Rule) -> list[Rule]:
        """The rules that it needs, and those that these need, in order."""
        needed = set(rule.needs)
        for other in reversed(self._rules):
            if other.id in needed:
                needed |= set(other.needs)
        return [other for other in self._rules if other.id in needed]

    def result(self, name: str) -> CheckResult:
        """How that rule ended, when it has."""
        if name in self._put_off:
            self._begin(self._put_off.pop(name))
        if name in self._running:
            rule, notes, future = self._running.pop(name)
            self._end(rule, notes, future.result())
        return self._results[name]

    def _end(self, rule: Rule, notes: Notes, result: CheckResult) -> None:
        self._attempt.stop.check()  # what it saw may be that it was stopped
        self._results[rule.id] = result
        if self._memory:
            self._memory.keep(rule, result, notes, self._attempt)


def _skipped(rule: Rule, need: str, rules: Sequence[Rule]) -> CheckResult:
    title = next((other.title for other in rules if other.id == need), need)
    return CheckResult(rule.id, rule.title, Status.SKIP, f"Not looked at: it needs “{title}”.")

"""The outcome of a check: three different endings, and one report for every face."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from course import misconceptions
from course.misconceptions import Misconception
from course.trace import Build


class Status(StrEnum):
    """`fail` says that the answer is wrong; `error` that the grader or the engine could not tell."""

    PASS = "pass"  # noqa: S105  a verdict, no password
    FAIL = "fail"
    ERROR = "error"
    SKIP = "skip"


@dataclass(frozen=True)
class CheckResult:
    """What one rule saw."""

    id: str
    title: str
    status: Status
    message: str = ""
    hint: str = ""
    misconception: str | None = None  # M01… of the course's list
    line: int | None = None  # of `file`
    evidence: str = ""  # the engine's or program's own words, shortened
    seconds: float = 0.0
    builds: tuple[Build, ...] = ()  # the one build, or two to compare, that a face may draw
    not_here: bool = False  # the engine lacks what the exercise is about, so that no answer can be checked
    story: str = ""  # of two builds: what was reused, what ran again and why, a line a step
    expected: str = ""  # where the title doesn't say it: the very value
    file: str = ""  # of the learner's folder, that `line` is of
    code: str = ""  # that line, as the learner wrote it

    @property
    def believed(self) -> Misconception | None:
        """The misconception that a wrong answer shows."""
        return misconceptions.ALL.get(self.misconception or "")

    def to_json(self) -> dict[str, Any]:
        """The check as the report format has it. Belief, truth and link stand beside a misconception's code
        only."""
        found = {
            "id": self.id,
            "title": self.title,
            "status": str(self.status),
            "message": self.message,
            "hint": self.hint,
            "misconception": self.misconception,
            "line": self.line,
            "evidence": self.evidence,
            "seconds": round(self.seconds, 3),
            "story": self.story,
            "expected": self.expected or self.title,
            "file": self.file,
            "code": self.code,
        }
        if believed := self.believed:
            found |= {"belief": believed.belief, "truth": believed.truth, "taught": believed.taught}
        return found


@dataclass(frozen=True)
class Report:
    """All checks of one attempt at one exercise."""

    exercise: str
    checks: tuple[CheckResult, ...]
    engine: dict[str, str] = field(default_factory=dict)  # version, store
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        """error if anything could not be told, else fail if anything failed, else pass."""
        found = {check.status for check in self.checks}
        if Status.ERROR in found or not found - {Status.SKIP}:
            return Status.ERROR
        return Status.FAIL if Status.FAIL in found else Status.PASS

    @property
    def not_here(self) -> bool:
        """Whether this engine can check no answer to the exercise at all."""
        return any(check.not_here for check in self.checks)

    @property
    def first(self) -> CheckResult | None:
        """The first check that failed or could not be told: what to look at now. None if there is none."""
        return next((one for one in self.checks if one.status in {Status.FAIL, Status.ERROR}), None)

    @property
    def score(self) -> float:
        """The share of checks that passed, 0.0 to 1.0. A skipped check counts as not passed, unless the whole
        passed: then it is one that this machine can't do, and nobody's fault."""
        if self.status is Status.PASS:
            return 1.0
        passed = sum(check.status is Status.PASS for check in self.checks)
        return passed / len(self.checks) if self.checks else 0.0

    def to_json(self) -> dict[str, Any]:
        """The report format that other programs rely on (docs in README, `course check --json`)."""
        return {
            "exercise": self.exercise,
            "status": str(self.status),
            "score": round(self.score, 4),
            "seconds": round(self.seconds, 3),
            "engine": self.engine,
            "checks": [check.to_json() for check in self.checks],
        }

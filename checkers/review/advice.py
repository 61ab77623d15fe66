"""What a review says: advice, with what was seen and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from checkers.rules.base import Outcome
from course import misconceptions
from course.misconceptions import Misconception


class Severity(StrEnum):
    """How much it matters. A hint is what another program found by reading, and may be wrong."""

    SERIOUS = "serious"
    ADVICE = "advice"
    NOTE = "note"
    HINT = "hint"


@dataclass(frozen=True)
class Advice:
    """One piece of advice. The session cleans its words, and a face escapes them."""

    id: str
    title: str
    severity: Severity
    message: str  # what was seen
    next: str  # what to do
    evidence: str = ""
    line: int | None = None  # of `file`
    file: str = ""
    code: str = ""  # that line, as it stands there
    misconception: str | None = None
    lesson: str = ""  # "04_layers.ipynb#What-goes-into-the-build"; a misconception has its own

    @property
    def believed(self) -> Misconception | None:
        """The misconception that it may come from."""
        return misconceptions.ALL.get(self.misconception or "")

    @property
    def taught(self) -> str:
        """The heading of a lesson whose live cells show it, "" if none does yet."""
        return self.lesson or (self.believed.taught if self.believed else "")

    def to_json(self) -> dict[str, Any]:
        """All of it; `taught` counts from the folder notebooks/."""
        return {
            "id": self.id,
            "title": self.title,
            "severity": str(self.severity),
            "message": self.message,
            "next": self.next,
            "evidence": self.evidence,
            "line": self.line,
            "file": self.file,
            "code": self.code,
            "misconception": self.misconception,
            "belief": self.believed.belief if self.believed else None,
            "truth": self.believed.truth if self.believed else None,
            "taught": self.taught or None,
        }


@dataclass(frozen=True)
class Row:
    """A layer of the project's own, for a table."""

    instruction: str
    line: int | None
    bytes: int
    hidden: int  # of these, what a later layer hides

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "instruction": self.instruction,
            "line": self.line,
            "bytes": self.bytes,
            "hidden_bytes": self.hidden,
        }


@dataclass(frozen=True)
class Review:
    """All that a review found. Sizes are bytes, times seconds."""

    folder: str  # its name
    advice: tuple[Advice, ...]
    done: bool = True  # False: the build or the Compose file failed, so that the rest couldn't be looked at
    dockerfile: str = ""
    compose: str = ""
    engine: Mapping[str, str] = field(default_factory=dict)
    image_bytes: int | None = None
    base_bytes: int = 0
    hidden_bytes: int = 0
    rows: tuple[Row, ...] = ()
    edited: str = ""  # the source file that was edited
    story: str = ""  # what the rebuild after it did again
    unseen: tuple[str, ...] = ()  # what could not be looked at, and why
    limits: str = ""
    seconds: float = 0.0

    def of(self, severity: Severity) -> tuple[Advice, ...]:
        """Those of that severity."""
        return tuple(one for one in self.advice if one.severity is severity)

    def to_json(self) -> dict[str, Any]:
        """The form that `course review --json` prints."""
        return {
            "folder": self.folder,
            "done": self.done,
            "dockerfile": self.dockerfile or None,
            "compose": self.compose or None,
            "engine": dict(self.engine),
            "seconds": round(self.seconds, 3),
            "counts": {str(one): len(self.of(one)) for one in Severity},
            "advice": [one.to_json() for one in self.advice],
            "image": None
            if self.image_bytes is None
            else {
                "tar_bytes": self.image_bytes,
                "base_bytes": self.base_bytes,
                "hidden_bytes": self.hidden_bytes,
                "layers": [one.to_json() for one in self.rows],
            },
            "edit": {"file": self.edited, "story": self.story} if self.edited else None,
            "unseen": list(self.unseen),
            "limits": self.limits,
        }


def from_outcome(id: str, title: str, severity: Severity, outcome: Outcome, lesson: str = "") -> Advice:
    """The advice that a rule's wrong outcome comes to."""
    return Advice(
        id,
        title,
        severity,
        outcome.message,
        outcome.hint,
        outcome.evidence,
        outcome.line,
        outcome.file,
        misconception=outcome.misconception,
        lesson=lesson,
    )

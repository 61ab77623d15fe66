"""What became of each step of a build beside the one before it, and why: in words and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from course.trace.model import Build

Outcome = Literal["reused", "rerun", "first time", "not run"]
Kind = Literal[
    "same",  # nothing that counts has changed
    "same result",  # its input ran again, and came out the same
    "file changed",
    "argument changed",
    "instruction changed",
    "input rerun",
    "no-cache",
    "base changed",
    "option changed",  # platform, network: part of a step's cache key
    "first time",
    "not run",  # the build ended before it, or nobody needed it
    "unknown",
]


@dataclass(frozen=True)
class FileChange:
    """A file of the context that is not what it was."""

    path: str
    how: Literal["changed", "added", "removed", "mode"]
    detail: str = ""  # of a mode: "644 → 755"

    def __str__(self) -> str:
        if self.how == "mode":
            return f"the permissions of {self.path} changed ({self.detail})"
        words = {"changed": "changed", "added": "is new", "removed": "is gone"}[self.how]
        return f"{self.path} {words}"


@dataclass(frozen=True)
class Reason:
    """Why a step was reused or ran. `text` completes the sentence "… because"."""

    kind: Kind
    text: str
    files: tuple[FileChange, ...] = ()
    argument: str = ""  # the build argument's name
    line: int | None = None  # of the Dockerfile, where the cause stands
    step: str = ""  # "input rerun": the name of the vertex that ran again

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "kind": self.kind,
            "text": self.text,
            "files": [{"path": one.path, "how": one.how, "detail": one.detail} for one in self.files],
            "argument": self.argument or None,
            "line": self.line,
            "step": self.step or None,
        }


@dataclass(frozen=True)
class StepStory:
    """One step. `reasons` holds all that would each have been enough, the telling one first."""

    name: str  # of the vertex
    instruction: str
    stage: str
    step: str  # "2/5"
    line: int | None
    outcome: Outcome
    reasons: tuple[Reason, ...]
    seconds: float
    seconds_before: float | None  # None: no such step in the build before
    ended: str = "done"  # as in `Vertex.state`

    @property
    def reason(self) -> Reason:
        """The one to tell."""
        return self.reasons[0]

    def text(self) -> str:
        """One line: where, what, and why."""
        where = f"line {self.line}" if self.line else f"[{self.stage} {self.step}]".replace("[ ", "[")
        did = {
            "reused": "reused",
            "rerun": "ran again",
            "first time": "ran for the first time",
            "not run": "did not run",
        }[self.outcome]
        why = "" if self.reason.kind in {"same", "first time"} and not self.reason.text else self.reason.text
        time = f" ({self.seconds:.1f} s)" if self.seconds >= 0.05 else ""
        failed = {"failed": " and failed", "cancelled": " and was cancelled"}.get(self.ended, "")
        return f"{where}  {_short(self.instruction)}: {did}{failed}{time}{': ' + why if why else ''}"

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "name": self.name,
            "instruction": self.instruction,
            "stage": self.stage,
            "step": self.step,
            "line": self.line,
            "outcome": self.outcome,
            "ended": self.ended,
            "reason": self.reason.to_json(),
            "reasons": [one.to_json() for one in self.reasons],
            "seconds": round(self.seconds, 3),
            "seconds_before": None if self.seconds_before is None else round(self.seconds_before, 3),
        }


@dataclass(frozen=True)
class CacheStory:
    """A build beside the one before it."""

    before: Build | None
    after: Build
    steps: tuple[StepStory, ...]  # as in `Build.steps`
    removed: tuple[str, ...] = ()  # instructions that only the build before had

    def of(self, name: str) -> StepStory | None:
        """The story of the vertex called `name`."""
        return next((one for one in self.steps if one.name == name), None)

    @property
    def reused(self) -> tuple[StepStory, ...]:
        return tuple(one for one in self.steps if one.outcome == "reused")

    @property
    def ran(self) -> tuple[StepStory, ...]:
        return tuple(one for one in self.steps if one.outcome in {"rerun", "first time"})

    @property
    def causes(self) -> tuple[StepStory, ...]:
        """The steps that ran for a reason of their own, not only because an input did."""
        return tuple(one for one in self.ran if any(why.kind != "input rerun" for why in one.reasons))

    def text(self) -> str:
        """The whole story in plain words, a line a step."""
        return "\n".join([self.headline(), *(f"  {one.text()}" for one in self.steps)])

    def headline(self) -> str:
        """One sentence: how much was reused, and what set off the rest."""
        total = len(self.steps)
        took = f"{self.after.seconds:.1f} s"
        if self.before is not None:
            took += f"; the build before took {self.before.seconds:.1f} s"
        if not total:
            return f"No step to compare ({took})."
        if len(self.reused) == total:
            return f"All {total} steps were reused ({took})."
        first = next((one for one in self.causes if one.reason.kind != "first time"), None)
        why = ""
        if first is not None:
            place = f" at line {first.line}" if first.line else ""
            why = f" It began{place}: {first.reason.text}."
        not_run = total - len(self.reused) - len(self.ran)
        rest = f", {not_run} did not run" if not_run else ""
        return f"{len(self.reused)} of {total} steps were reused, {len(self.ran)} ran{rest} ({took}).{why}"

    def to_json(self) -> dict[str, Any]:
        """The story without the two builds, which have a JSON form of their own."""
        return {
            "headline": self.headline(),
            "seconds": round(self.after.seconds, 3),
            "seconds_before": None if self.before is None else round(self.before.seconds, 3),
            "reused": len(self.reused),
            "ran": len(self.ran),
            "steps": [one.to_json() for one in self.steps],
            "removed": list(self.removed),
        }


def _short(text: str, width: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"

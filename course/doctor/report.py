"""What the doctor says: a check for each thing, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from course.engine.describe import Engine


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    id: str
    ok: bool
    message: str
    hint: str = ""  # the remedy; "" where all is well
    advisory: bool = False  # good to have: does not decide whether all is well
    value: int | str | None = None  # what was measured: bytes for memory and disk, else a version

    def to_json(self) -> dict[str, Any]:
        """The check as `course doctor --json` has it."""
        return {
            "id": self.id,
            "ok": self.ok,
            "message": self.message,
            "hint": self.hint,
            "advisory": self.advisory,
            "value": self.value,
        }


@dataclass(frozen=True)
class Diagnosis:
    """The engine, if one answers, and all checks."""

    engine: Engine | None
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether everything that the course needs is there."""
        return all(check.ok or check.advisory for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The format that other programs rely on."""
        return {
            "ok": self.ok,
            "engine": self.engine.to_json() if self.engine else None,
            "checks": [check.to_json() for check in self.checks],
        }

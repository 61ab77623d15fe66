"""What a plan is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from checkers.limits import DEFAULT, Limits
from checkers.rules.base import Rule


@dataclass(frozen=True)
class Plan:
    """Rules in order, and what a learner's code may use meanwhile."""

    rules: tuple[Rule, ...]
    limits: Limits = DEFAULT
    probes: bool = True  # whether a probe will want the cage, so that it is started ahead
    # Files that are put into the copy of the learner's folder, path → content, for the attempt's random word.
    files: Callable[[str], Mapping[str, bytes]] | None = None

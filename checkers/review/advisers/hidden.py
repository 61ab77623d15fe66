"""Bytes that a later layer hides, and that everybody downloads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from checkers.review.advice import Advice, Severity, from_outcome
from checkers.review.seen import Seen
from checkers.rules.hidden_bytes import judge

_LIMIT = 1_000_000  # bytes; dpkg's own lists come to about that with any package
_MUCH = 20_000_000


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one."""
    if seen.image is None:
        return
    outcome = judge(seen.image, seen.below, _LIMIT)
    if not outcome.right:
        total = sum(item.size for item in seen.image.hidden if item.hidden_by >= seen.below)
        severity = Severity.ADVICE if total >= _MUCH else Severity.NOTE
        advice = from_outcome("hidden", "The layers hide next to nothing", severity, outcome)
        yield dataclasses.replace(advice, file=seen.dockerfile)

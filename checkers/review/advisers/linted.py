"""What hadolint says, a hint each."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen


def advise(seen: Seen) -> Iterator[Advice]:
    """One for each finding."""
    for one in seen.linted:
        wiki = (
            "https://github.com/koalaman/shellcheck/wiki"
            if one.rule.startswith("SC")
            else ("https://github.com/hadolint/hadolint/wiki")
        )
        yield Advice(
            "hadolint",
            f"hadolint {one.rule} ({one.level})",
            Severity.HINT,
            one.message,
            f"{wiki}/{one.rule}",
            line=one.line,
            file=seen.dockerfile,
        )

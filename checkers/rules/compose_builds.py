"""A Compose project can be read, and the images that it builds are built, before anything of it starts."""

from __future__ import annotations

from checkers.attempt import Attempt
from checkers.compose.project import prepared
from checkers.rules.base import Outcome, Rule, passed


def compose_builds() -> Rule:
    """For rules that look at the images alone, and may do so while the project starts."""

    def check(attempt: Attempt) -> Outcome:
        _, images = prepared(attempt)
        built = [service for service, one in images.items() if one.built]
        return passed(f"Built: {', '.join(built) or 'nothing'}.")

    return Rule("builds", "The project can be read and its images built", check)

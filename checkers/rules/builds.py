"""The folder builds."""

from __future__ import annotations

from checkers.attempt import Attempt
from checkers.rules.base import Outcome, Rule, passed


def builds() -> Rule:
    """Passes when the image can be built; a BuildError is turned into a fail by the runner."""

    def check(attempt: Attempt) -> Outcome:
        built = attempt.build()
        return passed(f"The image builds, in {built.build.seconds:.1f} s.")

    return Rule("builds", "The image builds", check)

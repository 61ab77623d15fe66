"""The folder builds."""

from __future__ import annotations

from collections.abc import Callable

from checkers.attempt import Attempt, Built
from checkers.rules.base import Outcome, Rule, passed


def builds(image: Callable[[Attempt], Built] = Attempt.build) -> Rule:
    """Passes when the image can be built; a BuildError is turned into a fail by the runner."""

    def check(attempt: Attempt) -> Outcome:
        built = image(attempt)
        return passed(f"The image builds, in {built.build.seconds:.1f} s.")

    return Rule("builds", "The image builds", check)

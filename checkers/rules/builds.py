"""The folder builds."""

from __future__ import annotations

from collections.abc import Callable

from checkers.attempt import Attempt, Built
from checkers.building import NotHere
from checkers.rules.base import Outcome, Rule, passed
from course.engine.describe import version_number

_BUILDKIT = (23, 0)  # the first engine on which a check can use BuildKit: see `building`


def builds(image: Callable[[Attempt], Built] = Attempt.build, *, buildkit: str = "") -> Rule:
    """Passes when the image can be built; a BuildError is turned into a fail by the runner.

    `buildkit` names what in the exercise no other builder has. Where a check can't use BuildKit this raises
    NotHere: "unknown flag" would be no fault of the learner's.
    """

    def check(attempt: Attempt) -> Outcome:
        version = str(attempt.info.get("ServerVersion", ""))
        if buildkit and version_number(version) < _BUILDKIT:
            raise NotHere(
                f"This exercise is about {buildkit}, which only BuildKit has. With Engine {version} a check "
                "can't use it.",
                hint="Check it on Engine 23 or newer. Run: course doctor",
            )
        built = image(attempt)
        return passed(f"The image builds, in {built.build.seconds:.1f} s.")

    return Rule("builds", "The image builds", check)

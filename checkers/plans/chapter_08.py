"""Chapter 08: Compose."""

from __future__ import annotations

from checkers.compose.gate import Slow
from checkers.plans.base import Plan
from checkers.projects import own_files
from checkers.rules.compose_up import compose_up
from checkers.rules.compose_waits import compose_waits


def _program(exercise_id: str) -> dict[str, bytes]:
    """The exercise's own program. The Compose file and what builds the image are the learner's."""
    return {"app.py": own_files(exercise_id)["app.py"]}


PLANS = {
    "08-wait-for-db": Plan(
        (
            compose_up("web", "db"),
            # Held in the middle of its first start: by then a server answers inside the container only.
            compose_waits("web", 8000, "/", slow=Slow("db", init="/docker-entrypoint-initdb.d")),
        ),
        files=lambda word: _program("08-wait-for-db"),
    ),
}

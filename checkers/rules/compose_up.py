"""A Compose project comes up: nothing in it ends with an error, and what has a health check gets healthy."""

from __future__ import annotations

from checkers.attempt import Attempt
from checkers.compose.project import standing
from checkers.rules.base import Outcome, Rule, passed, wrong


def compose_up(*services: str) -> Rule:
    """`docker compose up -d` works, and all is well then. `services` have to be among those that run."""

    def check(attempt: Attempt) -> Outcome:
        project = standing(attempt)
        if problem := project.settle():
            return wrong(
                f"The project is started, but {problem}.",
                "Its log is the evidence. See it yourself: docker compose up; docker compose ps -a",
                evidence=project.story(),
            )
        project.sides(*services)  # raises where one doesn't run
        return passed("All its services run.", evidence=project.story())

    return Rule("up", "`docker compose up` starts the project", check)

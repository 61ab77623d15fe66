"""A Compose project comes up: nothing in it ends with an error, and what has a health check gets healthy."""

from __future__ import annotations

from checkers.attempt import Attempt
from checkers.compose.project import standing
from checkers.rules.base import Outcome, Rule, passed, wrong


def compose_up(*services: str, asked: bool = True) -> Rule:
    """`docker compose up -d` works, and all is well then. `services` have to be among those that run; later
    rules ask them something, or (`asked`) they don't."""

    def check(attempt: Attempt) -> Outcome:
        project = standing(attempt)
        if problem := project.settle():
            return wrong(
                f"The project is started, but {problem}.",
                "Its log is the evidence. See it yourself: docker compose up; docker compose ps -a",
                evidence=project.story(),
            )
        for service in services:
            project.running(service)  # raises where one doesn't
        if asked:
            project.sides(*services)  # side by side: later each would be waited for
        return passed("All its services run.", evidence=project.story())

    return Rule("up", "`docker compose up` starts the project", check)

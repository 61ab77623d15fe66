"""Chapter 03: Dockerfiles."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.rules import web
from checkers.rules.builds import builds

PLANS = {
    "03-first-dockerfile": Plan(
        (
            builds(),
            web.answers(8000, lambda name: f"/greet/{name}", lambda name: f"Willkommen, {name}!"),
            web.stays_up(),
        )
    ),
}

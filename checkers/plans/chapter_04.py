"""Chapter 04: layers."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.projects import sea_charts
from checkers.rules import atlas
from checkers.rules.builds import builds
from checkers.rules.hidden_bytes import hidden_bytes
from checkers.rules.over_base import MB, over_base

_PYTHON = "python:3.13-slim"

PLANS = {
    "04-slim-layers": Plan(
        (
            builds(),
            atlas.answers(1000),
            hidden_bytes(_PYTHON, 200_000),
            over_base(_PYTHON, 1 * MB, "What of it does the atlas read while it runs?"),
        ),
        files=sea_charts.files,
    ),
}

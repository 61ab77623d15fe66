"""Chapter 04: layers."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.projects import sea_charts, weather
from checkers.rules import atlas, ignored, web
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
    "04-dockerignore": Plan(
        (
            builds(),
            ignored.naming(
                web.answers(
                    8000,
                    lambda name: f"/station/harbour?for={name}",
                    lambda name: f"Weather for {name}: 12.4 C at harbour",
                ),
                weather.NEEDED,
            ),
            ignored.in_no_layer(weather.junk),
            ignored.not_sent(weather.junk),
        ),
        files=weather.files,
    ),
}

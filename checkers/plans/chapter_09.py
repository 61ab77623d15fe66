"""Chapter 09: security."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.projects import freight
from checkers.rules import no_secrets, web
from checkers.rules.builds import builds
from checkers.rules.no_secrets import Handed

_PYTHON = "python:3.13-slim"
_TOKEN = Handed("depot_token", "DEPOT_TOKEN", _PYTHON)

PLANS = {
    "09-no-secrets": Plan(
        (
            builds(_TOKEN.build, buildkit="build secrets"),
            web.answers(8000, lambda port: f"/rate/{port}", freight.price, _TOKEN.start),
            no_secrets.used(_TOKEN, 8000, "/edition", "the depot's edition"),
            *no_secrets.rules(_TOKEN),
        ),
        files=freight.files,
    ),
}

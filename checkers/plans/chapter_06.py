"""Chapter 06: networks."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.rules.by_name import finds, outsiders
from checkers.rules.published_local import connects, local, published
from checkers.rules.script_runs import script_runs, stage

_STAGE = stage("busybox:1.37", publishes=True)

PLANS = {
    "06-reach-by-name": Plan(
        (
            script_runs("run.sh", _STAGE, "tide", "board"),
            finds(_STAGE, "board", "tide", 8000, "/www"),
            outsiders(_STAGE, "board", "tide", 8000, "/www"),
        ),
        probes=False,
    ),
    "06-publish-local": Plan(
        (
            script_runs("run.sh", _STAGE, "ledger"),
            published(_STAGE, "ledger", 8080),
            connects(_STAGE, "ledger", "/www"),
            local(_STAGE, "ledger", "/www"),
        ),
        probes=False,
    ),
}

"""Chapter 06: networks."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.rules.by_name import finds, outsiders
from checkers.rules.script_runs import script_runs, stage

_HARBOUR = stage("busybox:1.37", publishes=True)

PLANS = {
    "06-reach-by-name": Plan(
        (
            script_runs("run.sh", _HARBOUR, "tide", "board"),
            finds(_HARBOUR, "board", "tide", 8000, "/www"),
            outsiders(_HARBOUR, "board", "tide", 8000, "/www"),
        ),
        probes=False,
    ),
}

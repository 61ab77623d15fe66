"""Chapter 10: registries."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.rules import pushed

PLANS = {
    "10-push-by-digest": Plan(
        pushed.rules(
            "busybox:1.37",
            "menu:1.4",
            "publish.sh",
            "deploy.sh",
            "menu",
            ("/board.txt", '["tail", "-f", "/board.txt"]'),
        ),
        probes=False,
    ),
}

"""Chapter 01: containers."""

from __future__ import annotations

from checkers.limits import MIB
from checkers.plans.base import Plan
from checkers.rules import run_command as run

PLANS = {
    "01-run-right": Plan(
        (
            run.creates("busybox:1.37"),
            run.has_name("heartbeat"),
            run.detached(),
            run.memory(64 * MIB),
            run.cpus(0.5),
            run.processes(20),
            run.restart_policy("unless-stopped"),
            run.says("beat of harbour"),
            run.comes_back("USR1"),
        ),
        probes=False,
    ),
}

"""Chapter 07: volumes."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.projects import own_files
from checkers.rules import restores, web, writes
from checkers.rules.builds import builds
from checkers.rules.compose_answers import compose_answers
from checkers.rules.compose_persists import compose_persists
from checkers.rules.compose_up import compose_up
from checkers.rules.not_root import not_root
from checkers.rules.script_runs import stage

_STAGE = stage("busybox:1.37")

PLANS = {
    "07-persist": Plan(
        (
            compose_up("guests"),
            compose_answers("guests", 8000, lambda word: f"/hotel/{word}", lambda word: f"of the {word}"),
            compose_persists(
                "guests",
                8000,
                lambda word: f"/sign/{word}",
                lambda word: ("/book", word),
                keeper="guests",
            ),
        ),
        files=lambda word: {"server.py": own_files("07-persist")["server.py"]},
    ),
    "07-ownership": Plan(
        (
            builds(),
            web.answers(8000, lambda name: f"/ship/{name}", lambda name: f"Logbook of the {name}"),
            not_root(),
            *writes.rules(8000, "/data", lambda word: f"/note/{word}", lambda word: ("/log", word)),
        ),
        files=lambda word: own_files("07-ownership"),
    ),
    "07-backup": Plan(restores.rules(_STAGE, "diary", "backup.sh", "restore.sh"), probes=False),
}

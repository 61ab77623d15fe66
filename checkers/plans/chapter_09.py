"""Chapter 09: security."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.projects import freight, own_files
from checkers.rules import no_secrets, read_only, web, writes
from checkers.rules.builds import builds
from checkers.rules.no_secrets import Handed
from checkers.rules.not_root import not_root, numeric_user
from checkers.rules.writes_only import writes_only

_PYTHON = "python:3.13-slim"
_TOKEN = Handed("depot_token", "DEPOT_TOKEN", _PYTHON)

_TMPFS = ("/tmp", "/run/press")  # noqa: S108  in the container

PLANS = {
    "09-non-root": Plan(
        (
            builds(),
            web.answers(8000, lambda ship: f"/hail/{ship}", lambda ship: f"The light greets the {ship}"),
            not_root(),
            numeric_user(steps_down=True),
            *writes.rules(
                8000, "/var/lib/beacon", lambda ship: f"/seen/{ship}", lambda ship: ("/ships", ship)
            ),
            writes_only(_PYTHON, "/var/lib/beacon"),
        ),
        files=lambda word: own_files("09-non-root"),
    ),
    "09-read-only": Plan(
        (
            builds(),
            web.answers(8000, lambda name: f"/print/{name}", lambda name: f"HARBOUR NEWS, FOR {name}"),
            read_only.read_only(
                8000,
                lambda name: f"/print/{name}",
                lambda name: f"HARBOUR NEWS, FOR {name}",
                tmpfs=_TMPFS,
            ),
            read_only.no_volumes(_TMPFS),
        ),
        files=lambda word: {
            path: content for path, content in own_files("09-read-only").items() if path != "start.sh"
        },
    ),
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

"""Chapter 02: images."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.projects import lift
from checkers.rules.builds import builds
from checkers.rules.contents import only_the_program
from checkers.rules.pinned import first_build, right_release, survives_moved_tags, the_rest_stays
from checkers.rules.prints import prints

PLANS = {
    "02-from-scratch": Plan(
        (
            builds(),
            prints(lambda nonce: ["Floor", nonce, "* $HOME  ;"], lambda nonce: f"Floor {nonce} * $HOME  ;"),
            only_the_program(),
        ),
    ),
    "02-pin-the-base": Plan(
        (
            builds(first_build),
            right_release(),
            the_rest_stays(),
            survives_moved_tags(),
        ),
        probes=False,
        files=lift.files,
    ),
}

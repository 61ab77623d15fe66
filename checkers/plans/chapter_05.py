"""Chapter 05: the cache and BuildKit."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.projects import ferries
from checkers.rules import rebuilds
from checkers.rules.builds import builds

_FERRIES = ferries.project()

PLANS = {
    "05-cache-order": Plan(
        (
            builds(),
            rebuilds.works(_FERRIES),
            rebuilds.code_edit(_FERRIES),
            rebuilds.dependency_edit(_FERRIES),
            rebuilds.other_edit(_FERRIES),
        ),
        files=ferries.files,
    ),
}

"""Chapter 05: the cache and BuildKit."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.projects import ferries, galley, own_files, ticket_office
from checkers.rules import kept, rebuilds, two_cpus, web
from checkers.rules.builds import builds
from checkers.rules.leftovers import without
from checkers.rules.no_files import no_files
from checkers.rules.over_base import MB, over_base

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
    "05-multi-stage": Plan(
        (
            builds(),
            web.answers(8080, lambda name: f"/ticket/{name}", lambda name: f"One ticket for {name}: 8.00"),
            web.says(8080, "/season", lambda attempt: attempt.word),
            without(
                "press",
                ticket_office.bundler,
                "The image is what the last stage copies. Take what runs, and see that node_modules has no "
                "devDependencies in it by then.",
            ),
            over_base("node:20-slim", 1 * MB, "What of it does the service read while it runs?"),
        ),
        files=ticket_office.files,
    ),
    "05-cache-mount": Plan(
        (
            builds(buildkit="cache mounts"),
            kept.works(),
            kept.installs_new(),
            kept.keeps_the_rest(),
            no_files(
                "pip's cache",
                r"(^|/)spice_\w+-[\d.]+-py3-none-any\.whl$|(^|/)\.cache/pip/.",
                "pip's cache belongs into a mount of its RUN, not into a folder of the image.",
            ),
        ),
        files=galley.files,
    ),
    "05-multi-platform": Plan(
        (
            builds(two_cpus.both, buildkit="images for several CPUs"),
            two_cpus.programs(),
            two_cpus.compiles_here(),
            two_cpus.runs_here(),
            two_cpus.runs_elsewhere(),
        ),
        files=lambda word: own_files("05-multi-platform"),
    ),
}

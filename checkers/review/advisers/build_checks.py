"""BuildKit's own build checks, which every build makes: what `docker build --check` prints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen

_DOCS = "https://docs.docker.com/"


def advise(seen: Seen) -> Iterator[Advice]:
    """One for each finding."""
    for found in seen.build.warnings if seen.build else ():
        yield Advice(
            "build-check",
            "docker build --check",
            Severity.HINT,
            re.sub(r" \(line \d+\)$", "", found.short),
            found.url if found.url.startswith(_DOCS) else "docker build --check",
            found.detail,
            found.line,
            seen.dockerfile,
            lesson="05_cache_and_buildkit.ipynb#Build-checks",
        )

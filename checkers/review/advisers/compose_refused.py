"""A Compose file that Compose itself refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one."""
    if seen.compose is None or not seen.compose.error:
        return
    line = re.search(r"\bline (\d+)", seen.compose.error)
    yield Advice(
        "compose-refused",
        "Compose accepts the file",
        Severity.SERIOUS,
        f"docker compose config refuses {seen.compose.file}.",
        "Compose's own words are the evidence. Mend that, then: docker compose config",
        seen.compose.error,
        int(line[1]) if line else None,
        seen.compose.file,
    )

"""Services that may take all of the machine's memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checkers.review.advice import Advice, Severity
from checkers.review.pointing import line_of
from checkers.review.seen import Seen


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one, about all services."""
    if seen.compose is None:
        return
    found = [name for name, service in seen.compose.services.items() if not _limited(service)]
    if found:
        yield Advice(
            "compose-limits",
            "Services have a limit on memory",
            Severity.NOTE,
            f"{', '.join(found)}: no limit on memory. One that leaks takes the others and the host with it.",
            "mem_limit: 512m, or deploy: resources: limits: memory",
            line=line_of(seen.compose, found[0]),
            file=seen.compose.file,
            lesson="01_containers.ipynb#Limits",
        )


def _limited(service: Mapping[str, Any]) -> bool:
    limits = ((service.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    return bool(service.get("mem_limit") or limits.get("memory"))

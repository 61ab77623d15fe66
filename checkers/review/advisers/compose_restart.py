"""Services that stay down once they fell, or after the machine was started again."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.pointing import line_of
from checkers.review.seen import Seen


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one, about all services that publish something or that others need."""
    if seen.compose is None:
        return
    needed = {
        other
        for service in seen.compose.services.values()
        for other, how in (service.get("depends_on") or {}).items()
        if how.get("condition") != "service_completed_successfully"
    }
    found = [
        name
        for name, service in seen.compose.services.items()
        if service.get("restart", "no") == "no"
        and not (service.get("deploy") or {}).get("restart_policy")
        and (service.get("ports") or name in needed)
    ]
    if found:
        yield Advice(
            "compose-restart",
            "Services come up again",
            Severity.NOTE,
            f"{', '.join(found)}: no restart policy. A crash, or a restart of the machine, leaves them down.",
            "restart: unless-stopped. For development only, leave it out.",
            line=line_of(seen.compose, found[0], "restart"),
            file=seen.compose.file,
            lesson="01_containers.ipynb#Restart-policies",
        )

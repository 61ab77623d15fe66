"""Services that start after another one, and don't wait until it is ready."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.pointing import line_of
from checkers.review.seen import Seen


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one, about all services."""
    if seen.compose is None:
        return
    found = [
        (name, other)
        for name, service in seen.compose.services.items()
        for other, how in (service.get("depends_on") or {}).items()
        if how.get("condition", "service_started") == "service_started"
    ]
    if not found:
        return
    name, other = found[0]
    checked = "healthcheck" in seen.compose.services.get(other, {})
    yield Advice(
        "compose-start-order",
        "A service starts when what it needs is ready",
        Severity.ADVICE,
        f"{name} waits until {other} has started, not until it answers"
        + (f"; so do {len(found) - 1} more." if len(found) > 1 else "."),
        f"condition: service_healthy under depends_on of {name}"
        + ("." if checked else f", and a healthcheck for {other}.")
        + " An app that tries again by itself needs neither.",
        "\n".join(f"{one} → {two}: service_started" for one, two in found[:8]),
        line_of(seen.compose, name, "depends_on"),
        seen.compose.file,
        misconception="M03",
    )

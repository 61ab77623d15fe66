"""Ports that are published to everybody who can reach the machine."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.pointing import line_of
from checkers.review.seen import Seen

_EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104  nothing is bound here
# Of databases, queues and caches: their clients are the other services.
_INNER = {
    1433, 1521, 2375, 2379, 3306, 4222, 5432, 5672, 6379, 7474, 8086, 9042, 9092, 9200, 11211, 15672, 27017,
}  # fmt: skip


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one, about all services."""
    if seen.compose is None:
        return
    found = [
        (name, int(port.get("target") or 0), str(port.get("published")))
        for name, service in seen.compose.services.items()
        for port in service.get("ports") or ()
        if port.get("published") and str(port.get("host_ip") or "") in _EVERYWHERE
    ]
    if not found:
        return
    inner = [one for one in found if one[1] in _INNER]
    name, target, published = (inner or found)[0]
    yield Advice(
        "compose-published",
        "Ports are published where they are needed",
        Severity.ADVICE if inner else Severity.NOTE,
        f"{', '.join(dict.fromkeys(one[0] for one in inner or found))}: published on every address of the "
        "machine; Docker's rules come before those of a firewall such as ufw.",
        f"The other services reach {name}:{target} without ports:. For yourself: "
        f"127.0.0.1:{published}:{target}"
        if inner
        else f"What only this machine or a proxy on it should reach: 127.0.0.1:{published}:{target}",
        "\n".join(f"{one}: 0.0.0.0:{outside} → {inside}" for one, inside, outside in found[:8]),
        line_of(seen.compose, name, published),
        seen.compose.file,
        misconception="M20",
    )

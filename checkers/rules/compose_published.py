"""Which ports of which services a Compose project publishes on the host, and on which address.

Judged on what Compose makes of the files. In a check nothing is published: two checks would collide.
"""

from __future__ import annotations

from dataclasses import dataclass

from checkers.attempt import Attempt
from checkers.compose.lines import place
from checkers.compose.project import standing
from checkers.compose.tamed import Published
from checkers.rules.base import Outcome, Rule, passed, wrong


@dataclass(frozen=True)
class Port:
    """A port of a service, where it is published (""; any), and for whom: "127.0.0.1", or "" for all."""

    service: str
    target: int
    port: str = ""
    address: str | None = None  # None: it doesn't matter


def compose_published(*wanted: Port) -> Rule:
    """These are published, each leads to something that listens, and nothing else is published."""

    def check(attempt: Attempt) -> Outcome:
        project = standing(attempt)
        found = project.published
        evidence = "\n".join(map(str, found)) or "nothing is published"
        for one in wanted:
            here = [
                seen
                for seen in found
                if seen.service == one.service
                and seen.target == one.target
                and one.port in {"", seen.port}
                and one.address in {None, seen.address}
            ]
            if not here:
                where = f"{one.address + ':' if one.address else ''}{one.port + ':' if one.port else ''}"
                other = any(seen.service == one.service for seen in found)
                return wrong(
                    f"{one.service} should be published as {where}{one.target}, and is not.",
                    "In `ports:` the host's side comes first, then the port in the container."
                    if other
                    else "`ports:` publishes; `expose:` is a note, it opens nothing.",
                    misconception=None if other else "M01",
                    evidence=evidence,
                    **place(attempt, "services", one.service, "ports"),
                )
            side = project.side(one.service)
            if not side.listens(one.target):
                return wrong(
                    f"Nothing of {one.service} listens on {one.target}, which is published.",
                    "The second number is the port in the container: where does the app listen?",
                    evidence=project.story(one.service),
                )
        more = [seen for seen in found if not any(_same(seen, one) for one in wanted)]
        if more:
            return wrong(
                f"{more[0].service} is published, too: {more[0]}. Who reaches the host reaches it.",
                "Services of a project reach each other without `ports:`. Publish what people use.",
                evidence=evidence,
                **place(attempt, "services", more[0].service, "ports"),
            )
        return passed("Only what is used from outside is published.", evidence=evidence)

    return Rule("published", "Only what is used from outside is published", check, needs=("up",))


def _same(seen: Published, one: Port) -> bool:
    return (seen.service, seen.target) == (one.service, one.target)

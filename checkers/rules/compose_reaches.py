"""Who reaches whom in a Compose project: each connection tried from a container's own network."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from checkers.attempt import Attempt
from checkers.compose.lines import place
from checkers.compose.project import Project, standing
from checkers.compose.side import Side
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong

Pairs = Mapping[str, tuple[str, ...]]
_TRIES = 3  # of a connection that should be made: a machine under load may drop one


def compose_reaches(ports: Mapping[str, int], wanted: Pairs, unwanted: Pairs) -> tuple[Rule, Rule]:
    """`ports`: where each service listens. Two rules: `reaches`, who is to reach whom does so by name;
    `apart`, who is not to doesn't, by name or by any address. What is in neither list doesn't matter."""

    def reaches(attempt: Attempt) -> Outcome:
        project = standing(attempt)
        sides = project.sides(*ports)
        for target in sorted({one for targets in wanted.values() for one in targets}):
            if not sides[target].listens(ports[target]):
                return web.silent(attempt, sides[target].neighbour, ports[target], "it can't be connected to")
        for source, targets in wanted.items():
            for target in targets:
                place_of = (target, ports[target])
                if not any(sides[source].reaches([place_of])[place_of] for _ in range(_TRIES)):
                    return wrong(
                        f"{source} can't reach {target}:{ports[target]}.",
                        "A name is found only on a network that both are in. Which networks are "
                        f"{source} and {target} in?",
                        evidence=_networks(project),
                        **place(attempt, "services", source, "networks"),
                    )
        return passed("Who works together finds each other by name.", evidence=_networks(project))

    def apart(attempt: Attempt) -> Outcome:
        project = standing(attempt)
        sides = project.sides(*ports)
        pairs = [(source, target) for source, targets in unwanted.items() for target in targets]
        with ThreadPoolExecutor(len(pairs), "apart") as pool:  # a wall is seen by waiting in vain
            ways = list(pool.map(lambda pair: _way(sides[pair[0]], sides[pair[1]], pair[1], ports), pairs))
        for (source, target), way in zip(pairs, ways, strict=True):
            if way:
                return wrong(
                    f"{source} reaches {target} as {way}, and should not.",
                    f"Services on one network all reach each other. Is there one that holds {source} and "
                    f"{target}? Who names no network is in `default`.",
                    evidence=_networks(project),
                    **place(attempt, "services", target, "networks"),
                )
        tried = ", ".join(f"{source} to {target}" for source, target in pairs)
        return passed(f"No way leads from {tried}.", evidence=_networks(project))

    return (
        Rule("reaches", "Who works together finds each other by name", reaches, needs=("up",)),
        Rule("apart", "Who has nothing to do with another can't reach it", apart, needs=("reaches",)),
    )


def _way(source: Side, target: Side, name: str, ports: Mapping[str, int]) -> str:
    """How a service is reached: host and port; "" if it is not."""
    found = source.reaches([(host, ports[name]) for host in (name, *target.addresses)])
    return next((f"{host}:{port}" for (host, port), good in found.items() if good), "")


def _networks(project: Project) -> str:
    """Each service's networks."""
    services = project.config["services"]
    return "\n".join(
        f"{name}: {', '.join(one.get('networks') or ()) or one.get('network_mode', 'none')}"
        for name, one in services.items()
    )

"""Who reaches whom in a Compose project: each connection tried from a container's own network."""

from __future__ import annotations

from collections.abc import Mapping

from checkers.attempt import Attempt
from checkers.compose.lines import place
from checkers.compose.project import NotUp, Project, standing
from checkers.compose.side import Side
from checkers.rules.base import Outcome, Rule, passed, wrong

Targets = Mapping[str, int]


def compose_reaches(ports: Targets, allowed: Mapping[str, tuple[str, ...]]) -> tuple[Rule, Rule]:
    """`ports`: where each service listens. `allowed`: whom each service reaches. Two rules: `reaches`, all
    that are allowed are reached by name; `apart`, no other is, by name or by any address."""

    def reaches(attempt: Attempt) -> Outcome:
        project = standing(attempt)
        for source, targets in allowed.items():
            found = project.side(source).reaches([(target, ports[target]) for target in targets])
            for (target, port), good in found.items():
                if not good:
                    return wrong(
                        f"{source} can't reach {target}:{port}.",
                        "A name is found only on a network that both are in. Which networks are "
                        f"{source} and {target} in?",
                        evidence=_networks(project),
                        **place(attempt, "services", source, "networks"),
                    )
        return passed("Who works together finds each other by name.", evidence=_networks(project))

    def apart(attempt: Attempt) -> Outcome:
        project = standing(attempt)
        sides = {name: project.side(name) for name in ports}
        for source in ports:
            for target, port in ports.items():
                if source == target or target in allowed.get(source, ()):
                    continue
                if way := _way(sides[source], sides[target], target, port):
                    return wrong(
                        f"{source} reaches {target} as {way}, and should not.",
                        f"Services on one network all reach each other. Is there one that holds {source} and "
                        f"{target}? Who names no network is in `default`.",
                        evidence=_networks(project),
                        **place(attempt, "services", target, "networks"),
                    )
        return passed("Nobody else reaches anybody.", evidence=_networks(project))

    return (
        Rule("reaches", "Who works together finds each other by name", reaches, needs=("up",)),
        Rule("apart", "Who has nothing to do with another can't reach it", apart, needs=("reaches",)),
    )


def _way(source: Side, target: Side, name: str, port: int) -> str:
    """How a service is reached: host and port; "" if it is not."""
    if source.neighbour.container.id == target.neighbour.container.id:
        raise NotUp(f"{name} runs in the same container as another service.")
    found = source.reaches([(host, port) for host in (name, *target.addresses)])
    return next((f"{host}:{port}" for (host, port), good in found.items() if good), "")


def _networks(project: Project) -> str:
    """Each service's networks."""
    services = project.config["services"]
    return "\n".join(
        f"{name}: {', '.join(one.get('networks') or ()) or one.get('network_mode', 'none')}"
        for name, one in services.items()
    )

"""Chapter 03: Dockerfiles."""

from __future__ import annotations

from checkers.plans.base import Plan
from checkers.rules import arguments, health, stops, web
from checkers.rules.arguments import Case, Group
from checkers.rules.builds import builds


def _jars(*words: str, code: int = 0) -> Case:
    """`words` as arguments, and the label that each of them must give."""
    return Case(words, tuple(f"| {word} |" for word in words), code)


PLANS = {
    "03-first-dockerfile": Plan(
        (
            builds(),
            web.answers(8000, lambda name: f"/greet/{name}", lambda name: f"Willkommen, {name}!"),
            web.stays_up(),
        )
    ),
    "03-entrypoint-cmd": Plan(
        (
            builds(),
            *arguments.rules(
                (
                    Group(
                        "default",
                        "Alone, it prints the two labels",
                        lambda nonce: (Case((), ("| Plum jam |", "| Sea salt |")),),
                    ),
                    Group(
                        "words",
                        "Each word becomes a label, as it is",
                        lambda nonce: (
                            _jars(f"Fig  and {nonce}", "*", "$HOME", "", f'Ada\'s "{nonce}"', "a;b `c` \\n"),
                            _jars("", nonce),
                            _jars("-18 C", f"--{nonce}", "-c"),
                            _jars("python", "--version"),
                        ),
                    ),
                    Group(
                        "exit-code",
                        "The program's exit code is the container's",
                        lambda nonce: (
                            Case(
                                (f"Plum {nonce}", "x" * 31, nonce), (f"| Plum {nonce} |", f"| {nonce} |"), 3
                            ),
                        ),
                    ),
                ),
                nothing="labels: nothing to print",
            ),
        ),
        probes=False,
    ),
    "03-healthcheck": Plan(
        (
            builds(),
            health.declared(),
            web.answers(3000, lambda place: f"/tide?at={place}", lambda place: f"{place}: 2.4 m"),
            health.healthy(),
            health.notices(
                "sick",
                "An app that says it is ill is unhealthy",
                port=3000,
                drill="/drill/sick",
                key="app",
                still="/tide",
                explain="Does it ask /health, or only whether something answers?",
            ),
            health.notices(
                "stuck",
                "An app that hangs is unhealthy",
                port=3000,
                drill="/drill/stuck",
                key="hanging",
                explain="An open port, or a process that runs, is no answer.",
            ),
        )
    ),
    "03-signals": Plan(
        (
            builds(),
            web.answers(8000, lambda item: f"/sell/{item}", lambda item: f"sold {item}"),
            *stops.rules(8000, lambda item: f"/sell/{item}", lambda item: f" sold, at last {item}"),
        )
    ),
}

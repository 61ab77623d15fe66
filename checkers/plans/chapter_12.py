"""Chapter 12: all of it."""

from __future__ import annotations

from dataclasses import replace

from checkers.compose import postgres
from checkers.compose.gate import Slow
from checkers.plans.base import Plan
from checkers.projects import guest_book
from checkers.rules import compose_hardened as hardened
from checkers.rules import health, ignored, rebuilds, stops
from checkers.rules.base import Rule
from checkers.rules.capabilities import capabilities
from checkers.rules.compose_answers import compose_answers
from checkers.rules.compose_builds import compose_builds
from checkers.rules.compose_persists import compose_persists
from checkers.rules.compose_published import Port, compose_published
from checkers.rules.compose_reaches import compose_reaches
from checkers.rules.compose_secrets import compose_secrets, password_used
from checkers.rules.compose_up import compose_up
from checkers.rules.compose_waits import compose_waits
from checkers.rules.not_root import not_root
from checkers.rules.over_base import MB, over_base

_PYTHON = "python:3.13-slim"
_BOOK = guest_book.project()
_IMAGE, _SETTINGS, _LOG = compose_secrets(_PYTHON, postgres.IMAGE, "busybox:1.37")
_REACHES, _APART = compose_reaches(
    {"proxy": 80, "app": 8000, "db": 5432},
    wanted={"proxy": ("app",), "app": ("db",)},
    unwanted={"proxy": ("db",), "db": ("proxy",)},
)


def _apart(rule: Rule) -> Rule:
    """It has containers, or a project, of its own, and runs beside what comes after it."""
    return replace(rule, apart=True)


PLANS = {
    "12-capstone": Plan(
        (
            compose_builds(),
            hardened.own_image("app"),
            _apart(rebuilds.works(_BOOK)),
            rebuilds.code_edit(_BOOK),
            over_base(_PYTHON, 8 * MB, "What of it does the app read while it runs?"),
            ignored.in_no_layer(guest_book.junk),
            ignored.not_sent(guest_book.junk),
            _IMAGE,
            compose_up("proxy", "app", "db"),
            compose_answers(
                "proxy",
                80,
                lambda word: f"/sign/{word}",
                lambda word: f"Welcome, {word}",
                patient=True,
            ),
            _apart(compose_waits("app", 8000, "/book", slow=Slow("db", init="/docker-entrypoint-initdb.d"))),
            replace(_REACHES, needs=("answers",)),  # before that the database may still be on its way
            _APART,
            compose_published(Port("proxy", 80, address="127.0.0.1")),
            password_used(postgres.knock("db"), "password.txt"),
            _SETTINGS,
            _LOG,
            not_root(hardened.running("app"), needs=("own-image", "answers")),
            capabilities(start=hardened.running("app"), needs=("answers",)),
            hardened.read_only_root("app"),
            hardened.no_new_privileges("app"),
            hardened.memory_limits("proxy", "app", "db"),
            health.declared(),
            health.healthy(),
            health.notices(
                "ill",
                "An app that says it is ill is unhealthy",
                port=8000,
                drill="/drill/ill",
                key="hanging",
                still="/",
                explain="Does it ask /health, or only whether something answers?",
            ),
            # The app's own container is ended by these; before that it is looked at by `healthy`.
            *map(
                _apart,
                stops.rules(8000, lambda word: f"/hello/{word}", lambda word: f"the last guest was {word}"),
            ),
            compose_persists(
                "proxy",
                80,
                lambda word: f"/sign/{word}",
                lambda word: ("/book", word),
                keeper="db",
                patient=True,
            ),
        ),
        files=guest_book.files,
    ),
}

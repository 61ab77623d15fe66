"""Chapter 08: Compose."""

from __future__ import annotations

from checkers.canary.secret import for_word
from checkers.compose import postgres
from checkers.compose.gate import Slow
from checkers.plans.base import Plan
from checkers.projects import own_files
from checkers.rules.compose_answers import compose_answers
from checkers.rules.compose_builds import compose_builds
from checkers.rules.compose_published import Port, compose_published
from checkers.rules.compose_reaches import compose_reaches
from checkers.rules.compose_secrets import compose_secrets, password_used
from checkers.rules.compose_up import compose_up
from checkers.rules.compose_waits import compose_waits


def _own(exercise_id: str, *names: str) -> dict[str, bytes]:
    """The exercise's own programs and settings. The Compose file and what builds the image are the
    learner's."""
    own = own_files(exercise_id)
    return {name: own[name] for name in names}


def _with_password(word: str) -> dict[str, bytes]:
    """The tides' programs, and the attempt's own password wherever one stands."""
    password = for_word(word).value
    return _own("08-secrets", "app.py", "pg.py") | {
        "password.txt": f"{password}\n".encode(),
        ".env": f"DB_PASSWORD={password}\n".encode(),
    }


_IMAGE, _SETTINGS, _LOG = compose_secrets("python:3.13-slim", postgres.IMAGE, "busybox:1.37")
PLANS = {
    "08-wait-for-db": Plan(
        (
            compose_up("web", "db", asked=False),
            # Held in the middle of its first start: by then a server answers inside the container only.
            compose_waits("web", 8000, "/", slow=Slow("db", init="/docker-entrypoint-initdb.d")),
        ),
        files=lambda word: _own("08-wait-for-db", "app.py"),
    ),
    "08-segment": Plan(
        (
            compose_up("proxy", "app", "db"),
            *compose_reaches(
                {"proxy": 80, "app": 8000, "db": 6379},
                wanted={"proxy": ("app",), "app": ("db",)},
                unwanted={"proxy": ("db",), "db": ("proxy",)},
            ),
            compose_answers("proxy", 80, lambda word: f"/seen/{word}", lambda word: f"{word} has passed 1"),
            compose_published(Port("proxy", 80)),
        ),
        files=lambda word: _own("08-segment", "app.py", "proxy.conf"),
    ),
    "08-secrets": Plan(
        (
            compose_builds(),
            _IMAGE,
            compose_up("app", "db"),
            compose_answers("app", 8000, lambda word: f"/tide/{word}", lambda word: f"High water at {word}"),
            password_used(postgres.knock("db"), "password.txt"),
            _SETTINGS,
            _LOG,
        ),
        files=_with_password,
    ),
}

"""Passwords that stand in the Compose file itself."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review import secrets
from checkers.review.advice import Advice, Severity
from checkers.review.pointing import line_of
from checkers.review.seen import Seen


def advise(seen: Seen) -> Iterator[Advice]:
    """One for each service."""
    if seen.compose is None:
        return
    for name, service in seen.compose.services.items():
        # What came from .env or an env_file isn't in the text.
        found = {
            key: str(value)
            for key, value in (service.get("environment") or {}).items()
            if value is not None
            and str(value) in seen.compose.text
            and (secrets.suspicious(key, str(value)) or (secrets.secretish(key) and str(value)))
        }
        if not found:
            continue
        key = next(iter(found))
        yield Advice(
            "compose-secret",
            "No password stands in the Compose file",
            Severity.NOTE if all(map(secrets.placeholder, found.values())) else Severity.ADVICE,
            f"{name}: {', '.join(found)} stands in the file, and with it in every copy of the repository; "
            "docker inspect shows it, too.",
            "Put it into a file that git ignores, and hand that over: secrets:, and in most images "
            f"{key}_FILE=/run/secrets/NAME. Or ${{{key}}} and an .env file.",
            "\n".join(f"{one}={secrets.masked(value)}" for one, value in found.items()),
            line_of(seen.compose, name, key),
            seen.compose.file,
        )

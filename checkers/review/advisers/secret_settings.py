"""Secrets in the image's environment and in its history, where `docker history` shows them to anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.review import secrets
from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen

_ARGS = re.compile(r"^(?:RUN )?\|\d+ (?P<args>.*?) /bin/(?:ba|a|da)?sh -c ", re.DOTALL)


def advise(seen: Seen) -> Iterator[Advice]:
    """One for each variable."""
    for setting in seen.config.get("Env") or ():
        name, _, value = str(setting).partition("=")
        line = _line(seen, "ENV", name)
        if line and value and (secrets.secretish(name) or secrets.suspicious(name, value)):
            yield _advice(
                seen,
                f"The image's environment holds {name}: docker inspect shows it, and every process has it.",
                "Leave it out of the image and set it where the container is started, better as a file: "
                "docker run --env-file, Compose's secrets.",
                Severity.ADVICE if secrets.placeholder(value) else Severity.SERIOUS,
                f"{name}={secrets.masked(value)}",
                line,
            )
    told: set[str] = set()
    for step in seen.history:
        yield from _of_step(seen, step, told)


def _of_step(seen: Seen, step: str, told: set[str]) -> Iterator[Advice]:
    match = _ARGS.match(step)
    for word in re.findall(r"(\w+)=(\S+)", match["args"]) if match else ():
        name, value = word
        if name not in told and (secrets.secretish(name) or secrets.suspicious(name, value)):
            told.add(name)
            yield _advice(
                seen,
                f"The build argument {name} is in the image's history, with its value: "
                "docker history --no-trunc",
                "A build gets secrets by RUN --mount=type=secret, which leaves nothing behind.",
                Severity.ADVICE if secrets.placeholder(value) else Severity.SERIOUS,
                f"{name}={secrets.masked(value)}",
                _line(seen, "ARG", name),
            )
    if (what := secrets.has_token(step)) and what not in told:
        told.add(what)
        yield _advice(
            seen,
            f"A step of the image's history holds {what}, word for word: docker history --no-trunc",
            "A build gets secrets by RUN --mount=type=secret, which leaves nothing behind.",
            Severity.SERIOUS,
            "",
            None,
        )


def _advice(
    seen: Seen, message: str, next: str, severity: Severity, evidence: str, line: int | None
) -> Advice:
    return Advice(
        "secret-in-settings",
        "No secret is in the image's settings",
        severity,
        message,
        next,
        evidence,
        line,
        seen.dockerfile,
        misconception="M07",
    )


def _line(seen: Seen, keyword: str, name: str) -> int | None:
    """The last instruction of that keyword that sets the variable; the base's own are not the project's."""
    for one in reversed(seen.instructions):
        if one.keyword == keyword and re.search(rf"(?:^|\s){re.escape(name)}(?:[=\s]|$)", one.args):
            return one.line
    return None

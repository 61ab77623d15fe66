"""A service of a Compose project answers over HTTP, asked by the address that its neighbours see."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from checkers.attempt import Attempt
from checkers.compose.project import standing
from checkers.http import Answer
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong


def compose_answers(
    service: str,
    port: int,
    path: Callable[[str], str],
    expected: Callable[[str], str],
    *,
    patient: bool = False,
) -> Rule:
    """Asks `service` for `path(nonce)` and wants `expected(nonce)` in the body, three times. `patient`: until
    the first right answer, servers may say that something isn't there yet; another rule looks at that."""

    def check(attempt: Attempt) -> Outcome:
        project = standing(attempt)
        side = project.side(service)
        for turn in range(3):
            nonce = uuid.uuid4().hex[:8]
            deadline = attempt.limits.run if turn == 0 else 0.0
            ask = side.first_well if patient and turn == 0 else side.first_answer
            answer = ask(port, path(nonce), deadline)
            if not answer.status:
                return web.silent(attempt, side.neighbour, port, answer.error)
            if answer.status != 200 or expected(nonce) not in answer.body:
                return unexpected(service, path(nonce), answer, expected(nonce), project.story(service))
        return passed(f"{service} answers on port {port}.", evidence=answer.body.strip()[:200])

    return Rule("answers", f"{service} answers over HTTP on port {port}", check, needs=("up",))


def unexpected(service: str, path: str, answer: Answer, expected: str, evidence: str) -> Outcome:
    """Something answered, but not this."""
    said = answer.body.strip()[:200]
    return wrong(
        f"{service} answers GET {path} with status {answer.status}" + (f" and {said!r}." if said else "."),
        "Does it find the services that it needs, by the names and with the settings that it expects?",
        evidence=evidence,
        expected=f"status 200 and {expected!r}",
    )

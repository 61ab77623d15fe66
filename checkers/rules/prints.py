"""A command-line image prints what its arguments ask for."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from checkers.attempt import Attempt
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import NotStarted, Running


def prints(
    words: Callable[[str], list[str]],
    expected: Callable[[str], str],
) -> Rule:
    """Runs the image with `words(nonce)`; wants exactly `expected(nonce)` printed, and exit code 0."""

    def check(attempt: Attempt) -> Outcome:
        nonce = uuid.uuid4().hex[:8]
        given = words(nonce)
        tag = attempt.build().tag
        try:
            running = attempt.run(tag, given)
        except NotStarted as error:
            return not_started(error, given)
        code = running.wait_exit(attempt.limits.run)
        said = running.container.logs(stderr=False).decode("utf-8", "replace")
        shown = " ".join(given)
        if code is None:
            return wrong(
                f"`docker run IMAGE {shown}` was still running after {attempt.limits.run:.0f} s.",
                "The container should print its words and end.",
                evidence=running.logs(),
            )
        if said.rstrip("\n") != expected(nonce):
            return differs(running, shown, said, expected(nonce))
        if code != 0:
            return wrong(f"It prints the right words, but {running.ending()}.", "A success is exit code 0.")
        return passed(f"`docker run IMAGE {shown}` prints them.", evidence=said[:200])

    return Rule("prints", "It prints what it is told", check, needs=("builds",), apart=True)


def not_started(error: NotStarted, given: list[str]) -> Outcome:
    """The two ways to get CMD and ENTRYPOINT wrong, and the rest."""
    program = str(error).split(":")[0]
    if program == given[0]:
        return wrong(
            f"The words replaced the command: the engine looked for a program named {program!r}.",
            "What stands after IMAGE replaces CMD. Which instruction keeps the program?",
            misconception="M10",
            evidence=error.detail,
        )
    if program == "/bin/sh":
        return wrong(
            "The command is in shell form, and there is no shell in the image.",
            'Exec form needs none: ["/program", "argument"].',
            misconception="M10",
            evidence=error.detail,
        )
    return wrong(str(error), error.hint, evidence=error.detail)


def differs(running: Running, shown: str, said: str, expected: str) -> Outcome:
    """It printed something else: words of its own, or nothing."""
    own = bool(said.strip())
    return wrong(
        f"`docker run IMAGE {shown}` "
        + (f"printed {said.strip()[:200]!r}" if own else "printed nothing")
        + f"; {expected!r} was expected.",
        "Words after IMAGE replace CMD, and are added to ENTRYPOINT's exec form.",
        misconception="M10" if own else None,
        evidence=running.logs(),
    )

"""A web app answers: at the port asked for, from outside its container, with what the code says."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from checkers import http
from checkers.attempt import Attempt
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running


def answers(
    port: int,
    path: Callable[[str], str],
    expected: Callable[[str], str],
    container: Callable[[Attempt], Running] | None = None,
) -> Rule:
    """Asks for `path(nonce)` and wants `expected(nonce)` in the body, three times: an app may die of it.
    `container` starts it, or gives one that runs; by default it is `start`."""

    def check(attempt: Attempt) -> Outcome:
        running = (container or start)(attempt)
        for turn in range(3):
            nonce = uuid.uuid4().hex[:8]
            ask = http.wait_for_answer if turn == 0 else http.get_once
            answer = ask(attempt, running, url(running, port, path(nonce)))
            if answer.status == 0 and turn == 0:
                return silent(attempt, running, port, answer.error)
            if answer.status != 200 or expected(nonce) not in answer.body:
                return unexpected(running, path(nonce), answer, expected(nonce))
        return passed(f"It answers on port {port}.", evidence=answer.body.strip()[:200])

    return Rule("answers", f"It answers over HTTP on port {port}", check, needs=("builds",))


def says(port: int, path: str, expected: Callable[[Attempt], str]) -> Rule:
    """Asks for `path` and wants `expected(attempt)`, which the checker put into the source: the image was
    built from it."""

    def check(attempt: Attempt) -> Outcome:
        answer = http.get_once(attempt, start(attempt), url(start(attempt), port, path))
        if answer.body.strip() == expected(attempt):
            return passed(f"GET {path} gives what the source says.")
        return wrong(
            f"The source was edited before the build, and GET {path} doesn't show it.",
            "The image must be built from src/, by its own Dockerfile: nothing that was built before.",
            evidence=f"expected {expected(attempt)}, answered {answer.body.strip()[:200] or answer.error}",
        )

    return Rule("fresh", "It serves what the source says", check, needs=("builds", "answers"))


def stays_up() -> Rule:
    """The container still runs after it has answered."""

    def check(attempt: Attempt) -> Outcome:
        running = start(attempt)
        if ending := running.ending():
            return gone(running, ending)
        return passed("The container still runs.")

    return Rule("stays-up", "It stays up", check, needs=("builds", "answers"))


def start(attempt: Attempt) -> Running:
    """The attempt's one container of its image."""
    return attempt.once("app", lambda: attempt.run(attempt.build().tag))


def url(running: Running, port: int, path: str) -> str:
    """The address as a neighbour on the attempt's network writes it."""
    return f"http://{running.name}:{port}{path}"


def gone(running: Running, ending: str) -> Outcome:
    """The container ended by itself."""
    state = running.state()
    quiet = state["ExitCode"] == 0
    return wrong(
        f"The container {ending}.",
        "A container lives as long as its first process. Start the app in the foreground: no &, no daemon."
        if quiet
        else "Its last words are the evidence. Run the image yourself: docker run --rm IMAGE",
        misconception="M09" if quiet else None,
        evidence=running.logs(),
    )


def silent(attempt: Attempt, running: Running, port: int, error: str) -> Outcome:
    """Nothing answered: says what does listen, and where."""
    found = http.listeners(attempt, running)
    if ending := running.ending():
        return gone(running, ending)
    here = [one for one in found if one.port == port]
    if here and all(one.local for one in here):
        return wrong(
            f"The app listens on {here[0]} only: inside its container, and for nobody else.",
            "localhost in a container is that container alone. Let the app listen on 0.0.0.0.",
            misconception="M02",
            evidence=running.logs(),
        )
    if here:
        return wrong(
            f"The app listens on {here[0]}, but doesn't answer: {error}.",
            "Does it block, or wait for something that isn't there?",
            evidence=running.logs(),
        )
    elsewhere = ", ".join(sorted({str(one) for one in found}))
    return wrong(
        f"Nothing listens on port {port}." + (f" The app listens on {elsewhere}." if found else ""),
        "EXPOSE is a note, it opens nothing: the app itself must listen there." if found else
        "Does the command start the server? Its output is the evidence.",
        misconception="M01" if found else None,
        evidence=running.logs(),
    )  # fmt: skip


def unexpected(running: Running, path: str, answer: http.Answer, expected: str) -> Outcome:
    """Something answered, but not this."""
    if ending := running.ending():
        return gone(running, ending)
    if answer.status == 0:
        return wrong(
            f"The second request got no answer: {answer.error}.",
            "The app must go on serving after its first answer.",
            evidence=running.logs(),
        )
    said = answer.body.strip()[:200]
    return wrong(
        f"GET {path} was answered with status {answer.status}"
        + (f" and {said!r}" if said else "")
        + f"; {expected!r} was expected.",
        "Is every file that the app reads in the image, and is it this app that runs?",
        evidence=running.logs() or said,
    )

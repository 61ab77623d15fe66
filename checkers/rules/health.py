"""A health check tells a well app from an ill one: healthy while all is well, unhealthy when it isn't.

The learner's own command is judged by what it says, in their image. Only its timing is changed, as with
`docker run --health-interval`, so that nobody waits for half a minute. Two containers are started: in one the
app turns ill, in the other it hangs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from checkers import http
from checkers.attempt import Attempt
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running
from course.dockerfile import parse

_SECOND = 1_000_000_000  # the engine counts nanoseconds
_INTERVAL = 0.3
_PATIENT = 10.0  # of the check, where the app answers: a busy machine must not make it fail
_IMPATIENT = 1.5  # where the app hangs, and a check without a deadline of its own hangs with it
_NOTICED_WITHIN = 180.0  # what docker's own defaults come to: three times 30 s + 30 s
_DEFAULT = {"Interval": 30 * _SECOND, "Timeout": 30 * _SECOND, "Retries": 3}  # moby, daemon/health.go
_SURE = 3  # results that agree; the first of them may have begun before the app changed
_SURE_BAD = 5  # where the app has answered: a check that then fails so often in a row can't succeed

_NO_PROGRAM = re.compile(
    r"(\S+): not found|exec: \\?\"([^\"\\]+)\\?\".*(?:not found|no such file)", re.DOTALL
)


@dataclass(frozen=True)
class Result:
    """One run of the health check, as the engine keeps it. Exit code -1: it took too long."""

    start: str
    code: int
    output: str


def declared() -> Rule:
    """The image has a health check, which would mark an ill app before long. Starts the containers."""

    def check(attempt: Attempt) -> Outcome:
        config = attempt.client.images.get(attempt.build().tag).attrs["Config"].get("Healthcheck") or {}
        if (outcome := judge_config(config)).right:
            with attempt.steps.step("Start two containers"), ThreadPoolExecutor(2, "start") as pool:
                started = pool.map(lambda timeout: _start(attempt, timeout), (_PATIENT, _IMPATIENT))
                for key, running in zip(("app", "hanging"), started, strict=True):
                    attempt.once(key, lambda running=running: running)  # type: ignore[misc]
            return outcome
        return _at_line(attempt, outcome)

    return Rule("declared", "The image has a health check", check, needs=("builds",))


def healthy() -> Rule:
    """The check succeeds while the app is well."""

    def check(attempt: Attempt) -> Outcome:
        running = web.start(attempt)
        seen = {one.start for one in results(running.state())}
        new: dict[str, Result] = {}

        def settled() -> bool:
            state = running.state()
            new.update((one.start, one) for one in results(state) if one.start not in seen)
            return status(state) == "healthy" or not state["Running"] or hopeless(new)

        running.until(settled, attempt.limits.run)
        if ending := running.ending():
            return web.gone(running, ending)
        state = running.state()
        if status(state) == "healthy":
            return passed("The app is well, and the container healthy.")
        return _at_line(attempt, never_healthy(results(state)))

    return Rule("healthy", "A well app is healthy", check, needs=("builds", "declared", "answers"))


def notices(
    name: str, title: str, *, port: int, drill: str, key: str, still: str = "", explain: str = ""
) -> Rule:
    """After GET `drill` in the container of that `key`, the check fails. At `still`, the app must go on
    answering: a check looks, and touches nothing."""

    def check(attempt: Attempt) -> Outcome:
        running: Running = attempt.once(key, lambda: _start(attempt, _PATIENT))
        try:
            return turned(attempt, running)
        finally:
            running.end()  # a check every 0.3 s takes much of a CPU from what else is looked at

    def turned(attempt: Attempt, running: Running) -> Outcome:
        http.wait_for_answer(attempt, running, web.url(running, port, "/"))
        seen = {one.start for one in results(running.state())}
        answer = http.get_once(attempt, running, web.url(running, port, drill))
        if answer.status != 200:
            return web.unexpected(running, drill, answer, "status 200")
        new: dict[str, Result] = {}

        def settled() -> bool:
            state = running.state()
            new.update((one.start, one) for one in results(state) if one.start not in seen)
            return noticed(new) or len(new) >= _SURE or not state["Running"]

        running.until(settled, attempt.limits.run)
        gone = running.ending()
        if not gone and noticed(new) and still:
            gone = _silence(attempt, running, web.url(running, port, still))
        if gone:
            return _at_line(attempt, _touched(running, gone))
        if noticed(new):
            return passed("The app turned ill, and the container unhealthy.")
        return _at_line(attempt, missed(list(new.values()), explain))

    # In a container of that key alone, which no other rule looks at after `healthy`.
    needs = ("builds", "declared", "answers", "healthy")
    return Rule(name, title, check, needs=needs, apart=True)


def judge_config(config: Mapping[str, Any]) -> Outcome:
    """Whether an image's health check is there, and would be noticed to fail in time."""
    test = config.get("Test") or []
    if not test or test[0] == "NONE":
        return wrong(
            "The image has no health check.",
            "HEALTHCHECK CMD … says how Docker can ask whether the app is well.",
        )
    chosen = {name: config.get(name) or default for name, default in _DEFAULT.items()}
    worst = chosen["Retries"] * (chosen["Interval"] + chosen["Timeout"]) / _SECOND
    if worst > _NOTICED_WITHIN:
        return wrong(
            f"An app that hangs would be marked unhealthy after {worst:.0f} s; "
            f"{_NOTICED_WITHIN:.0f} s are allowed.",
            "It takes --retries failures in a row, each an --interval and up to a --timeout apart.",
        )
    return passed(f"The image has a health check: {' '.join(test)}"[:200])


def results(state: Mapping[str, Any]) -> list[Result]:
    """The last runs of the check, oldest first; the engine keeps five."""
    log = (state.get("Health") or {}).get("Log") or []
    return [Result(one["Start"], int(one["ExitCode"]), str(one.get("Output") or "")) for one in log]


def status(state: Mapping[str, Any]) -> str:
    """starting, healthy, unhealthy, or "" without a check."""
    return str((state.get("Health") or {}).get("Status", ""))


def noticed(new: Mapping[str, Result]) -> bool:
    """Whether a run of the check failed."""
    return any(one.code for one in new.values())


def hopeless(new: Mapping[str, Result]) -> bool:
    """Whether a check of a well app has failed so often, or waited so long, that it won't succeed."""
    late = any(one.code and "exceeded timeout" in one.output for one in new.values())
    return late or sum(one.code != 0 for one in new.values()) >= _SURE_BAD


def never_healthy(
    found: list[Result], *, app: str = "The app is well and answers", patience: float = _PATIENT
) -> Outcome:
    """Why a check fails although the app is well, which `app` says; `patience` is its timeout in seconds."""
    if not found:
        return wrong(
            "The check did not come to an end in time.",
            "Does it wait for something? It should ask once, and say how it went.",
        )
    last = found[-1]
    evidence = f"exit code {last.code}\n{last.output}"
    if "exceeded timeout" in last.output:
        return wrong(
            f"{app}, but the check takes longer than {patience:.0f} s.",
            "Does it wait for something? It should ask once, and say how it went.",
            evidence=evidence,
        )
    if program := no_program(last.output):
        return wrong(
            f"The app is well, but the check can't tell: there is no {program} in the image.",
            "The check runs inside the container, with what is there. Which program of this image can ask "
            "over HTTP? docker run --rm IMAGE sh -c 'ls /bin /usr/bin /usr/local/bin'",
            evidence=evidence,
        )
    return wrong(
        f"{app}, but the check fails each time.",
        "Run the check by hand: docker exec CONTAINER … Are port and path those of the app?",
        evidence=evidence,
    )


def no_program(output: str) -> str:
    """The program that a check's output says is not in the image, "" where it says no such thing."""
    match = _NO_PROGRAM.search(output)
    return next(group for group in match.groups() if group) if match else ""


def missed(found: list[Result], explain: str) -> Outcome:
    """A check that says "well" of an ill app."""
    if not found:
        return wrong(
            "The app turned ill, and the check didn't come to an end in time.",
            "Give the check a deadline: HEALTHCHECK --timeout=3s",
        )
    return wrong(
        "The app turned ill, and the container stayed healthy: the check can't fail.",
        f"{explain} Every failure must reach the exit code: 0 is healthy, 1 is not. "
        "After `|| true` it is always 0.",
        evidence=f"the check's last words, exit code {found[-1].code}:\n{found[-1].output}",
    )


def _silence(attempt: Attempt, running: Running, url: str) -> str:
    """How the app ended or fell silent; "" while it answers, on a busy machine at the second request."""
    for _ in range(2):
        found = http.get_once(attempt, running, url)
        if found.status:
            return ""
    return running.ending() or f"no longer answered: {found.error}"


def _touched(running: Running, gone: str) -> Outcome:
    return wrong(
        f"The app turned ill, and then the container {gone}.",
        "A health check only looks, and says 0 or 1. Docker marks the container unhealthy, and restarts "
        "nothing; what is to happen then is for somebody else to decide.",
        misconception="M19",
        evidence=running.logs(),
    )


def _start(attempt: Attempt, timeout: float) -> Running:
    return start(attempt, attempt.build().tag, timeout)


def start(attempt: Attempt, tag: str, timeout: float, **more: Any) -> Running:
    """A container of an image that has a health check: it runs every 0.3 s, each time for at most `timeout`
    seconds. `more` are docker-py's arguments."""
    timing = {
        "interval": int(_INTERVAL * _SECOND),
        "timeout": int(timeout * _SECOND),
        "retries": 1,
    }
    if attempt.client.images.get(tag).attrs["Config"]["Healthcheck"].get("StartPeriod"):
        # It would put the first check off, on newer engines by 5 s; and 0 would mean the image's.
        timing["start_period"] = _SECOND // 1000
    return attempt.start(attempt.create(tag, healthcheck=timing, **more))


def _at_line(attempt: Attempt, outcome: Outcome) -> Outcome:
    text = attempt.text() or ""
    lines = [one.line for one in parse(text) if one.keyword == "HEALTHCHECK"]
    return wrong(
        outcome.message,
        outcome.hint,
        misconception=outcome.misconception,
        line=lines[-1] if lines else None,
        evidence=outcome.evidence,
    )

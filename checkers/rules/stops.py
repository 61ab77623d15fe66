"""`docker stop` reaches the app: it closes in its own way and in time, and the container's exit code says so.

The container is stopped once, with little patience; the rules look at how it went. What the app says at its
end holds a word of this check's own, so that nobody else can say it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from docker.errors import APIError

from checkers import http
from checkers.attempt import Attempt
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running
from course.dockerfile import parse

PATIENCE = 3
"""Whole seconds that the engine waits before it kills, as `docker stop -t` has them."""
_KILLED = 137
_TERM = {"", "SIGTERM", "TERM", "15"}


@dataclass(frozen=True)
class Stopped:
    """How the container ended, and what ran in it before."""

    code: int
    farewell: str  # what the app must say when it closes
    log: str
    processes: tuple[str, ...] = ()  # command lines, the first process's first; none where they can't be had
    signal: str = ""  # STOPSIGNAL of the image, "" where it has none

    @property
    def alone(self) -> bool:
        """Whether only one process ran, as far as is known: then it is the app."""
        return len(self.processes) < 2

    @property
    def killed(self) -> bool:
        """Whether it ended by SIGKILL, as it does when the engine's patience is over."""
        return self.code == _KILLED


def rules(port: int, path: Callable[[str], str], farewell: Callable[[str], str]) -> tuple[Rule, ...]:
    """`path(nonce)` tells the app a word, and `farewell(nonce)` is what it must print when it closes."""

    def rule(name: str, title: str, look: Callable[[Stopped], Outcome], *needs: str) -> Rule:
        def check(attempt: Attempt) -> Outcome:
            seen = attempt.once("stopped", lambda: _stop(attempt, port, path, farewell))
            outcome = seen if isinstance(seen, Outcome) else look(seen)
            if outcome.right or isinstance(seen, Outcome):
                return outcome
            keyword = "STOPSIGNAL" if seen.signal not in _TERM and seen.alone else ""
            return dataclasses.replace(outcome, line=_line(attempt, keyword))

        return Rule(name, title, check, needs=("builds", "answers", *needs))

    return (
        rule("farewell", "docker stop reaches the app", farewell_said),
        rule("in-time", f"The container ends within {PATIENCE} s", in_time, "farewell"),
        rule("exit-code", "It ends with exit code 0", ends_well, "farewell", "in-time"),
    )


def farewell_said(seen: Stopped) -> Outcome:
    """The app got the signal: only then does it close, and say so."""
    if seen.farewell in seen.log:
        return passed("The app got the signal, and closed.", evidence=seen.farewell)
    signal = seen.signal or "SIGTERM"
    if seen.signal not in _TERM and seen.alone:
        return wrong(
            f"docker stop sent {signal}, as STOPSIGNAL says, and the app did not close.",
            "Which signals does the app listen to? Nothing can listen to SIGKILL.",
            evidence=_evidence(seen),
        )
    first = f"process 1, `{seen.processes[0][:80]}`" if seen.processes else "process 1"
    return wrong(
        f"The app was not told: docker stop sent {signal} to {first}, and the container "
        + (f"had to be killed after {PATIENCE} s." if seen.killed else f"ended with exit code {seen.code}."),
        "The signal goes to the container's first process alone. A shell there doesn't pass it on, and what "
        "it started dies with it. Who is process 1, and how can the app take its place?",
        misconception="M14",
        evidence=_evidence(seen),
    )


def in_time(seen: Stopped) -> Outcome:
    """Nothing had to be killed."""
    if not seen.killed:
        return passed(f"The container ended by itself, within {PATIENCE} s.")
    return wrong(
        f"The app closed, but the container went on, and was killed after {PATIENCE} s.",
        "What else runs in it, or comes after the app?",
        evidence=_evidence(seen),
    )


def ends_well(seen: Stopped) -> Outcome:
    """Who looks at the exit code learns that all went well."""
    if seen.code == 0:
        return passed("The container's exit code is 0.")
    return wrong(
        f"The container's exit code is {seen.code}, though the app closed well.",
        "The exit code is that of process 1. Is that the app, or something around it that says how it went "
        "itself? 143 stands for SIGTERM.",
        evidence=_evidence(seen),
    )


def _stop(
    attempt: Attempt, port: int, path: Callable[[str], str], farewell: Callable[[str], str]
) -> Stopped | Outcome:
    running = web.start(attempt)
    nonce = uuid.uuid4().hex[:8]
    answer = http.wait_for_answer(attempt, running, web.url(running, port, path(nonce)))
    if answer.status != 200:
        return web.unexpected(running, path(nonce), answer, "status 200")
    signal = str(running.inspect()["Config"].get("StopSignal") or "")
    processes = _processes(running)
    if gone := running.ending():
        return web.gone(running, gone)
    with attempt.steps.step("Stop the container"):
        running.container.stop(timeout=PATIENCE)
    code = int(running.state()["ExitCode"])
    # All of it: more may be said after the farewell than the end that a report shows.
    log = running.container.logs().decode("utf-8", "replace")
    return Stopped(code, farewell(nonce), log, processes, signal)


def _processes(running: Running) -> tuple[str, ...]:
    with contextlib.suppress(APIError):  # the engine's machine may have no `ps`
        found = running.container.top(ps_args="-o pid,ppid,args")["Processes"]
        own = {pid for pid, _, _ in found}
        # The parent of the container's first process isn't in the container.
        ordered = sorted(found, key=lambda one: (one[1] in own, int(one[0])))
        return tuple(args for _, _, args in ordered)
    return ()


def _evidence(seen: Stopped) -> str:
    ran = "\n".join(["before the stop there ran:", *seen.processes, ""]) if seen.processes else ""
    return f"{ran}its last words:\n{seen.log or '(none)'}"


def _line(attempt: Attempt, keyword: str) -> int | None:
    """The line that says what runs, or which signal is sent, to point at."""
    text = attempt.text() or ""
    wanted = {keyword} if keyword else {"CMD", "ENTRYPOINT"}
    found = [one.line for one in parse(text) if one.keyword in wanted]
    return found[-1] if found else None

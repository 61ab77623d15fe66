"""A script of the learner's is run whole (see checkers.session), and ends well."""

from __future__ import annotations

from collections.abc import Callable

from checkers.attempt import Attempt
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.session import Ended, Session

Stage = Callable[[Attempt], Session]
"""Where an exercise's scripts run: one session for all rules of an attempt."""


def stage(*images: str, publishes: bool = False) -> Stage:
    """A session whose scripts may run `images`; `publishes`: with open ports on the machine."""
    return lambda attempt: attempt.once("session", lambda: Session(attempt, images, publishes=publishes))


def ended(attempt: Attempt, on: Stage, script: str) -> Ended:
    """The script, run once."""
    return attempt.once(f"script {script}", lambda: on(attempt).run(script))


def script_runs(script: str, on: Stage, *containers: str, id: str = "runs") -> Rule:
    """The script ends with exit code 0, and then `containers` run."""

    def check(attempt: Attempt) -> Outcome:
        done = ended(attempt, on, script)
        if done.code:
            return wrong(
                f"{script} ends with exit code {done.code}.",
                "The first line that says Error, or usage, is the one to look at.",
                evidence=done.output,
            )
        for name in containers:
            running = on(attempt).box(name)
            if running is None:
                seen = ", ".join(on(attempt).names_of("containers")) or "none"
                return wrong(
                    f"{script} leaves no container {name}.",
                    "Without --name docker makes a name up.",
                    evidence=f"Containers: {seen}\n{done.output}",
                )
            state = running.state()
            if state["Status"] == "created":
                return wrong(
                    f"The container {name} was made and never started.",
                    "The engine's own words say why it could not be.",
                    evidence=done.output,
                )
            if not state["Running"]:
                return wrong(
                    f"The container {name} {running.ending()}.",
                    "A container lives as long as its command. Keep the command of the starter.",
                    misconception="M09",
                    evidence=running.logs(),
                )
        return passed(f"{script} ends well.", evidence=done.output[-300:])

    return Rule(id, f"{script} does its work", check)

"""The first request never fails, however slowly the database starts: the checker holds it back."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from checkers.attempt import Attempt
from checkers.compose.gate import Slow
from checkers.compose.lines import place
from checkers.compose.project import NotUp, Project, begin
from checkers.http import Answer
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import POLL

# Seconds that the database is held back, counted from where it stands and the service runs. One that doesn't
# wait answers within a fraction of it.
_PATIENCE = 3.0


def compose_waits(service: str, port: int, path: str, *, slow: Slow) -> Rule:
    """A project of its own, in which `slow` starts slowly. The first HTTP answer of `service` has to be 200,
    and so have the next ones."""

    def check(attempt: Attempt) -> Outcome:
        project = begin(attempt, number=2, slow=slow)
        try:
            return looked(attempt, project)
        finally:
            project.end()  # what runs beside this rule goes on, and needs the CPUs

    def looked(attempt: Attempt, project: Project) -> Outcome:
        with _upping(project) as upping:
            early = _held(attempt, project, upping, service, port, path)
            if early:
                return _failed(attempt, service, slow, early, "while the database was still starting")
        project.attempt.stop.check()
        if upping.error:
            raise upping.error
        side = project.side(service)
        for _ in range(3):
            answer = side.first_answer(port, path, attempt.limits.run)
            if answer.status != 200:
                return _failed(attempt, service, slow, answer, "when the database had started")
        return passed(f"{service} waits until {slow.service} can be used; its first answer is right.")

    return Rule(
        "waits", "The first request never fails, also when the database is slow", check, needs=("up",)
    )


@dataclass
class _Upping:
    """An `up` that goes on in a thread of its own, and how it ended."""

    project: Project
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            self.project.up()
        except Exception as error:  # noqa: BLE001  raised again by who waits for it
            self.error = error
        finally:
            self.done.set()


@contextmanager
def _upping(project: Project) -> Iterator[_Upping]:
    upping = _Upping(project)
    thread = threading.Thread(target=upping.run, name="compose up", daemon=True)
    thread.start()
    try:
        yield upping
    finally:
        if project.gate:
            project.gate.open()
        thread.join()


def _held(
    attempt: Attempt, project: Project, upping: _Upping, service: str, port: int, path: str
) -> Answer | None:
    """What the service answers while the database is held back; None if it answers nothing, as it should."""
    gate, deadline = project.gate, time.monotonic() + attempt.limits.up
    since: dict[str, float] = {}
    while time.monotonic() < deadline and not (upping.done.is_set() and upping.error):
        attempt.stop.check()
        if gate and "gate" not in since and gate.reached:
            since["gate"] = time.monotonic()
        running = [one for one in project.containers(service) if one.container.status == "running"]
        if running:
            since.setdefault("service", time.monotonic())
            with contextlib.suppress(NotUp):  # it ends again and again, until the database is there
                answer = project.side(service).get(port, path)
                if answer.status:
                    return answer
        if "gate" in since and time.monotonic() - max(since.values()) > _PATIENCE:
            return None
        time.sleep(POLL)
    return None


def _failed(attempt: Attempt, service: str, slow: Slow, answer: Answer, when: str) -> Outcome:
    said = answer.body.strip()[:200] or answer.error
    if answer.status == 200:
        return wrong(
            f"{service} answered without its database: {said!r}.",
            "The app of this exercise asks the database at each request. Is it this app that runs?",
        )
    return wrong(
        f"The first request, {when}, was answered with status {answer.status}: {said}",
        "That a container runs says nothing of what is in it: a database needs seconds more. Which condition "
        f"of depends_on waits for more, and what tells Docker that {slow.service} can be used by others?",
        misconception="M03",
        expected="status 200 at the first request",
        evidence=said,
        **place(attempt, "services", service, "depends_on"),
    )

"""Runs the image as `docker run` would, in a closed network, and looks: what listens, as whom it runs, how it
stops, what its health check says, and what it says while every process of the app stands still.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from checkers import http
from checkers.cage import IMAGE
from checkers.http import Listener
from checkers.processes import processes
from checkers.review.project import PATIENCE, Project
from checkers.review.seen import Health, Ran, Stop
from checkers.rules import health
from checkers.running import NotStarted, Running

_SOON = 5.0  # seconds after which an image that announces no port is taken for settled
_CHECK_SECONDS = 4.0  # a health check's timeout
_LOOKS = 3  # of the health check while the app stands still; the first may have begun before


def watch(project: Project, tag: str, config: dict[str, Any]) -> Ran:
    """What a container of the image did. Raises as an Attempt does where the engine is at fault."""
    checked = bool((config.get("Healthcheck") or {}).get("Test", ["NONE"])[0] != "NONE")
    with ThreadPoolExecutor(2, "watch") as pool:
        asked = pool.submit(_health, project, tag) if checked else None
        try:
            ran = _run(project, tag, announced=bool(config.get("ExposedPorts")))
        except NotStarted as error:
            ran = Ran(ending=f"could not be started: {error}", log=error.detail)
        return Ran(
            ran.ending,
            ran.log,
            ran.listeners,
            ran.processes,
            ran.stop,
            asked.result() if asked else None,
        )


def _run(project: Project, tag: str, *, announced: bool) -> Ran:
    with project.steps.step("Run it, and stop it") as step:
        project = project.quiet()
        container = project.create(tag, environment=project.asked.env, healthcheck={"test": ["NONE"]})
        running = project.start(container)
        heard = _settled(project, running, announced)
        if ending := running.ending():
            return Ran(ending, running.logs())
        found = processes(project, running)
        step.update(note="docker stop")
        signal = str(running.inspect()["Config"].get("StopSignal") or "SIGTERM")
        if ending := running.ending():
            return Ran(ending, running.logs(), heard)
        began = time.monotonic()
        running.container.stop(timeout=PATIENCE)
        took = time.monotonic() - began
        # An app may choose 137 itself; only one that was waited for was killed.
        killed = running.state()["ExitCode"] == 137 and took >= PATIENCE
        return Ran("", running.logs(), heard, found, Stop(killed, took, signal))


def _settled(project: Project, running: Running, announced: bool) -> tuple[Listener, ...]:
    """What listens, as soon as something does; () if it ends, or nothing does in time."""
    pause, deadline = 0.3, time.monotonic() + (project.limits.run if announced else _SOON)
    while True:
        found = http.listeners(project, running)
        if found or running.ending() or time.monotonic() > deadline:
            return tuple(found)
        running.wait_exit(pause)  # each look is a container: look less and less often
        pause = min(pause * 2, 3.0)


def _health(project: Project, tag: str) -> Health | None:
    """What the check says of the app alone, and then of the app frozen; None if the app ended."""
    with project.steps.step("Watch its health check"):
        project = project.quiet()
        try:
            running = health.start(project, tag, _CHECK_SECONDS, environment=project.asked.env)
        except NotStarted:
            return None  # the other container tells
        new: dict[str, health.Result] = {}

        def settled() -> bool:
            state = running.state()
            new.update((one.start, one) for one in health.results(state))
            return health.status(state) == "healthy" or not state["Running"] or health.hopeless(new)

        running.until(settled, project.limits.run)
        if running.ending():
            return None
        state = running.state()
        if health.status(state) != "healthy":
            return Health(tuple(health.results(state)))
        absent = _absent(project, tag)
        blind = bool(absent) and not any(absent)
        return Health(tuple(health.results(state)), True, absent, () if blind else _frozen(project, running))


def _absent(project: Project, tag: str) -> tuple[int, ...]:
    """The exit codes of checks in a container whose first process is a shell that waits, and no app; () where
    the image has no shell. Only a shell can turn a failure into a success."""
    test = project.client.images.get(tag).attrs["Config"]["Healthcheck"]["Test"]
    if test[0] != "CMD-SHELL":
        return ()
    try:
        running = health.start(
            project, tag, _CHECK_SECONDS, entrypoint=["/bin/sh", "-c", "read waits"], stdin_open=True
        )
    except NotStarted:
        return ()
    seen: dict[str, int] = {}

    def settled() -> bool:
        state = running.state()
        seen.update((one.start, one.code) for one in health.results(state))
        return len(seen) > 1 or any(seen.values()) or not state["Running"]

    running.until(settled, project.limits.run)
    return () if running.ending() else tuple(seen.values())


def _frozen(project: Project, running: Running) -> tuple[int, ...]:
    """The exit codes of checks that began after every process of the container was stopped, as one that hangs
    is; () if that could not be done."""
    # From inside its namespace nobody can stop process 1, from outside the engine can.
    running.container.kill(signal="SIGSTOP")
    helper = project.run(
        IMAGE,
        # Where process 1 is alone, kill finds nobody and says so.
        ["sh", "-c", "kill -STOP -1; grep -q '^State:.*T' /proc/1/status"],
        network=None,
        network_mode="none",
        pid_mode=f"container:{running.container.id}",
    )
    if helper.wait_exit(project.limits.run) != 0:
        return ()
    seen = {one.start for one in health.results(running.state())}
    new: dict[str, health.Result] = {}

    def codes() -> tuple[int, ...]:
        # The first may have begun before, and been stopped with the rest.
        return tuple(new[start].code for start in sorted(new)[1:])

    def settled() -> bool:
        state = running.state()
        new.update((one.start, one) for one in health.results(state) if one.start not in seen)
        return len(new) >= _LOOKS or any(codes()) or not state["Running"]

    running.until(settled, project.limits.run)
    return codes()

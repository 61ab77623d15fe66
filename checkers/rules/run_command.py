"""A script's `docker run` is read, done by the checker, and its container looked at while it lives."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from docker.errors import APIError

from checkers.attempt import Attempt
from checkers.command.flags import RunCommand, parse
from checkers.command.script import docker_calls
from checkers.limits import size
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running, WrongAnswer

SCRIPT = "run.sh"
_ENOUGH_LINES = 3


@dataclass(frozen=True)
class Answer:
    """The learner's command, and the container that the checker made of it, not started yet."""

    command: RunCommand
    running: Running

    @property
    def host_config(self) -> dict[str, Any]:
        """The part of the container's record that holds its limits."""
        return dict(self.running.inspect()["HostConfig"])


def creates(image: str) -> Rule:
    """The script holds one docker run of `image`, and the engine takes it."""

    def check(attempt: Attempt) -> Outcome:
        found = answer(attempt)
        if _full(found.command.image) != _full(image):
            return wrong(
                f"The command runs {found.command.image}, not {image}.", f"The image of this task is {image}."
            )
        return passed("The engine takes the command.")

    return Rule("creates", "The command makes a container", check)


def has_name(name: str) -> Rule:
    """--name."""

    def check(attempt: Attempt) -> Outcome:
        found = answer(attempt).command.name
        if found == name:
            return passed(f"It is called {name}.")
        said = f"It is called {found!r}, not {name!r}." if found else "It has no name of its own."
        return wrong(said, "Without --name docker makes one up, and a script can't find the container again.")

    return Rule("name", f"It is called {name}", check, needs=("creates",))


def detached() -> Rule:
    """-d, or create and start."""

    def check(attempt: Attempt) -> Outcome:
        if answer(attempt).command.detached:
            return passed("It runs in the background.")
        said = "The command holds the terminal until the container ends."
        return wrong(said, "An option detaches it: docker run --help")

    return Rule("detached", "It runs in the background", check, needs=("creates",))


def memory(limit: int) -> Rule:
    """--memory."""

    def check(attempt: Attempt) -> Outcome:
        found = int(answer(attempt).host_config.get("Memory") or 0)
        if found == limit:
            return passed(f"Its memory is limited to {size(limit)}.")
        said = f"Its memory is limited to {size(found)}" if found else "Its memory isn't limited"
        return wrong(
            f"{said}; {size(limit)} was asked for.", "docker counts in 1024s: 1m is 1024 · 1024 bytes."
        )

    return Rule("memory", f"Its memory is limited to {size(limit)}", check, needs=("creates",))


def cpus(limit: float) -> Rule:
    """--cpus, or a quota and a period."""

    def check(attempt: Attempt) -> Outcome:
        config = answer(attempt).host_config
        quota, period = int(config.get("CpuQuota") or 0), int(config.get("CpuPeriod") or 0) or 100_000
        found = int(config.get("NanoCpus") or 0) / 1e9 or max(quota, 0) / period
        if abs(found - limit) < 0.001:
            return passed(f"It gets at most {limit:g} CPU.")
        said = f"It gets at most {found:g} CPU" if found else "Its CPU time isn't limited"
        hint = "--cpus is a limit. --cpu-shares only matters when CPUs are busy."
        return wrong(f"{said}; {limit:g} was asked for.", hint)

    return Rule("cpus", f"It gets at most {limit:g} CPU", check, needs=("creates",))


def processes(limit: int) -> Rule:
    """--pids-limit."""

    def check(attempt: Attempt) -> Outcome:
        found = int(answer(attempt).host_config.get("PidsLimit") or 0)
        if found == limit:
            return passed(f"It may have {limit} processes.")
        said = f"It may have {found} processes" if found > 0 else "Its processes aren't limited"
        return wrong(f"{said}; {limit} were asked for.", "Look for pids in docker run --help.")

    return Rule("processes", f"It may have at most {limit} processes", check, needs=("creates",))


def restart_policy(name: str) -> Rule:
    """--restart."""
    why = {
        "no": "It stays down when it crashes.",
        "always": "It would come back after a restart of the engine, too, when somebody had stopped it.",
        "on-failure": "It doesn't come back when the machine was restarted.",
    }

    def check(attempt: Attempt) -> Outcome:
        found = answer(attempt)
        policy = str((found.host_config.get("RestartPolicy") or {}).get("Name") or "no")
        if policy == name:
            return passed(f"Its restart policy is {name}.")
        said = f"Its restart policy is {policy}. {why.get(policy, '')}".strip()
        return wrong(said, "Compare the four policies of --restart.")

    return Rule("restart-policy", "Its restart policy is right", check, needs=("creates",))


def says(expected: str) -> Rule:
    """What the started container prints, again and again: after a few lines without it, nobody waits on."""

    def check(attempt: Attempt) -> Outcome:
        running = started(attempt)

        def settled() -> bool:
            said = running.logs()
            return expected in said or len(said.splitlines()) >= _ENOUGH_LINES or not _alive(running)

        running.until(settled, attempt.limits.run / 2)
        said = running.logs()
        if expected in said:
            return passed(f"It prints {expected!r}.", evidence=said[-200:])
        if not _alive(running):
            return _down(running)
        return wrong(
            f"It doesn't print {expected!r}.",
            "A variable reaches the container with -e. In double quotes your own shell fills it in first.",
            evidence=said,
        )

    return Rule("says", f"It says {expected!r}", check, needs=_SAFE)


def comes_back(signal: str) -> Rule:
    """The main process is made to crash, and the engine starts it again."""

    def check(attempt: Attempt) -> Outcome:
        running = started(attempt)
        born = str(running.state()["StartedAt"])
        if not _alive(running) or not _told(running, signal):
            return _down(running)
        if running.until(lambda: _started_again(running, born), attempt.limits.run / 2):
            if _first_end(attempt, running, born) == "0":
                return _down(running)
            return passed("It crashed, and the engine started it again.")
        if running.state()["Running"]:
            return wrong(f"{signal} did not make it crash.", "Keep the starter's command: it ends at that.")
        return wrong(
            "It crashed, and stayed down.", "Which restart policies act on an exit code that isn't 0?"
        )

    return Rule("comes-back", "It comes back after a crash", check, needs=(*_SAFE, "restart-policy", "says"))


# The container is started only when its limits are right: what it runs is the learner's.
_SAFE = ("creates", "memory", "cpus", "processes")


def answer(attempt: Attempt) -> Answer:
    """The learner's command, read and made once."""
    return attempt.once("answer", functools.partial(_answer, attempt))


def started(attempt: Attempt) -> Running:
    """The learner's container, running."""
    return attempt.once("started", lambda: attempt.start(answer(attempt).running.container))


def _answer(attempt: Attempt) -> Answer:
    command = _the_run(docker_calls(attempt, SCRIPT))
    if command.removed and command.options.get("restart_policy", {}).get("Name", "no") not in {"no", ""}:
        raise WrongAnswer(
            "docker run refuses --rm together with --restart.",
            hint="--rm removes a container when it ends; one that restarts isn't removed.",
        )
    # Its name may be taken, and its network is nobody's business: the name is compared, not used.
    # The limits asked for are the learner's to set; those nobody asks for are ours.
    ours = {key: attempt.limits.host_config()[key] for key in ("log_config", "security_opt", "ulimits")}
    options = command.options | ours | {"labels": command.options.get("labels", {}) | attempt.labels}
    try:
        container = attempt.client.containers.create(
            command.image, command.command, name=attempt.own_name(), network=attempt.network, **options
        )
    except APIError as error:
        if error.response is not None and error.response.status_code < 500:
            raise WrongAnswer(
                "The engine refuses the command.",
                hint="Its own words say why.",
                detail=str(error.explanation),
            ) from error
        raise
    return Answer(command, Running(attempt.client, container, attempt.limits))


def _the_run(calls: list[list[str]]) -> RunCommand:
    """The one `docker run` among the calls. `docker create` with a later `docker start` is the same."""
    plain = [call[1:] if call[:1] == ["container"] else call for call in calls]
    runs = [call for call in plain if call[:1] in (["run"], ["create"])]
    if not runs:
        raise WrongAnswer(f"{SCRIPT} has no docker run.", hint="docker run OPTIONS IMAGE COMMAND")
    if len(runs) > 1:
        raise WrongAnswer(
            f"{SCRIPT} has {len(runs)} docker run commands.", hint="One container was asked for."
        )
    command = parse(runs[0][1:])
    if runs[0][0] == "create":
        command.detached = any(call[:1] == ["start"] for call in plain)
    return command


def _full(image: str) -> str:
    return image.removeprefix("docker.io/").removeprefix("library/").partition("@")[0]


def _told(running: Running, signal: str) -> bool:
    """Sends the signal to the main process; False where it was over already.

    From inside: after `docker kill`, whatever the signal, the engine takes it for stopped by hand and
    restarts nothing (moby, daemon/kill.go).
    """
    try:
        running.container.exec_run(["kill", f"-{signal}", "1"])
    except APIError as error:
        if error.response is not None and error.response.status_code == 409:
            return False
        raise
    return True


def _started_again(running: Running, born: str) -> bool:
    state = running.state()
    # While it waits for its next start the engine says Running, too, with the old StartedAt.
    return bool(state["Running"]) and str(state["StartedAt"]) != born


def _first_end(attempt: Attempt, running: Running, born: str) -> str | None:
    """The exit code of its first life, by the engine's events; None where those are forgotten already.

    A command that ends by itself may still be caught alive: what tells it from a crash is this code.
    """
    ends = attempt.client.events(
        since=_timestamp(born),
        until=_timestamp(str(running.state()["StartedAt"])),  # the later life's: after the first one's end
        filters={"container": str(running.container.id), "event": "die"},
        decode=True,
    )  # type: ignore[call-overload]  # the engine wants a fraction of a second, too: a string
    with contextlib.closing(ends):
        return next((str(end["Actor"]["Attributes"].get("exitCode")) for end in ends), None)


def _timestamp(iso: str) -> str:
    """Seconds since 1970 with their fraction, as the engine's events are asked for (moby, api/types/time)."""
    return f"{datetime.fromisoformat(iso).timestamp():.6f}"


def _restarts(running: Running) -> int:
    return int(running.inspect().get("RestartCount") or 0)


def _alive(running: Running) -> bool:
    return bool(running.state()["Running"]) and _restarts(running) == 0


def _down(running: Running) -> Outcome:
    return wrong(
        f"The container {running.ending() or 'ends and is started again and again'}.",
        "A container lives as long as its command. Keep the command of the starter.",
        misconception="M09",
        evidence=running.logs(),
    )

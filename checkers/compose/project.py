"""A learner's project in the engine: up, down, and up again; removed with the attempt, however that ends."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from docker.errors import NotFound

from checkers.abandoned import NAME
from checkers.attempt import Attempt
from checkers.belongings import PROJECT
from checkers.compose import cli, refused
from checkers.compose.gate import Gate, Slow
from checkers.compose.images import Image, images
from checkers.compose.resolved import Config, environment, resolved
from checkers.compose.side import Side
from checkers.compose.tamed import Published, published, tamed
from checkers.compose.volumes import Seeds
from checkers.limits import size
from checkers.running import POLL, Running, WrongAnswer
from course.engine.failures import NOT_STARTED, WIRE_ERRORS
from course.errors import CourseError, EngineRefused

SERVICE = "com.docker.compose.service"
_DOWN = "3"  # seconds that a container has to end, before it is killed
# The machine's fault, whatever the project: all subnets taken, its disk full, its engine too slow or gone.
_ENGINE = re.compile(
    r"address pools?|no space left on device|context deadline exceeded|i/o timeout|Client\.Timeout"
    r"|Cannot connect to the Docker daemon|connection refused.*docker\.sock|error during connect",
    re.IGNORECASE,
)
_UNHEALTHY = re.compile(r"container \S+? is unhealthy")


class NotUp(WrongAnswer):
    """The project doesn't come up, and what the learner wrote is the reason."""

    hint = "Compose's own words are the evidence. See them yourself: docker compose up"


class Project:
    """A project that was resolved and is allowed. `up` starts it."""

    def __init__(
        self,
        attempt: Attempt,
        config: Config,
        found: dict[str, Image],
        *,
        number: int = 1,
        slow: Slow | None = None,
    ) -> None:
        self.attempt, self.config, self.images = attempt, config, found
        self.name = attempt.owns.project(f"{attempt.name}-p{number}")
        self._compose = cli.find(attempt.client)
        self._variables = _variables(attempt, config)
        self.gate = Gate(attempt, slow) if slow else None
        self._seeds = Seeds(attempt, self.gate.extra if self.gate else {})
        self._turn = 0
        self._guarded, self._overfull = False, False
        self._sides: dict[str, Side] = {}
        self._folder = tempfile.TemporaryDirectory(prefix=NAME, ignore_cleanup_errors=True)
        attempt.owns.last(self._folder.cleanup)

    # Up and down ------------------------------------------------------------------------------------

    def up(self) -> None:
        """`docker compose up -d`, to its end. Raises NotUp, or EngineRefused for the engine's own trouble."""
        self._turn += 1
        self._guard()
        file = Path(self._folder.name) / f"compose-{self._turn}.json"
        made = tamed(self.attempt, self.config, self.images, self._seeds, self._turn)
        if self.gate:
            self.gate.close(made, self.images[self.gate.slow.service])
        file.write_text(json.dumps(made))
        with self.attempt.steps.step("Start the project"):
            for last in (False, True):
                done = self._run(file, "up", "-d", "--no-build", "--pull", "never")
                self.attempt.stop.check()
                if done.code == 0:
                    return
                self._explain(done, last=last)
                self._run(file, "down", "-v", "--timeout", _DOWN)

    def down(self) -> None:
        """`docker compose down`: containers and networks go, volumes with a name stay."""
        with self.attempt.steps.step("Take the project down"):
            file = Path(self._folder.name) / f"compose-{self._turn}.json"
            done = self._run(file, "down", "--timeout", _DOWN)
            self.attempt.stop.check()
            if done.code != 0:
                raise EngineRefused("The project could not be taken down.", detail=done.err)

    def end(self) -> None:
        """Kills all that runs of it: nobody looks at it any more. The attempt removes it."""
        with contextlib.suppress(*WIRE_ERRORS):
            for one in self.containers():
                one.end()

    def _run(self, file: Path, *arguments: str) -> cli.Done:
        # A folder of the checker's own: the learner's .env is in the resolved project already.
        return self._compose.run(
            *("--project-name", self.name, "--project-directory", self._folder.name, "--file", str(file)),
            *arguments,
            folder=Path(self._folder.name),
            timeout=self.attempt.limits.up,
            variables=self._variables,
            on_start=self.attempt.can_cancel,
        )

    def _explain(self, done: cli.Done, *, last: bool) -> None:
        """Raises what it was; returns if it is to be tried again."""
        limits, words = self.attempt.limits, done.err
        self.attempt.client.ping()  # an engine that went away is no wrong answer; this raises then
        if NOT_STARTED.search(words) and not last:
            return
        if NOT_STARTED.search(words) or _ENGINE.search(words):
            raise EngineRefused(
                "The engine could not start the project, and not because of what is in it.",
                hint="Check again when the machine is less busy. Run: course doctor",
                detail=words,
            )
        said = "\n".join(filter(None, (_own_words(words, self.name), self.story())))
        if self._overfull:
            raise NotUp(f"The project wrote more than {size(limits.disk)} to the disk.", detail=said)
        if done.late:
            raise NotUp(
                f"The project was still not up after {limits.up:.0f} s.",
                hint="What waits for what? A condition of depends_on may never come true.",
                detail=said,
            )
        if _UNHEALTHY.search(words):
            raise NotUp(
                "A service didn't become healthy, so what depends on it was never started.",
                hint="Its health check says no: does its command work in that image? See the evidence.",
                detail=said,
            )
        raise NotUp("`docker compose up` fails.", detail=said)

    def _guard(self) -> None:
        """From the first `up` on, a project that writes too much is killed."""
        if self._guarded:
            return
        self._guarded = True
        guard = self.attempt.disk_guard(self._kill)
        guard.__enter__()
        self.attempt.owns.first(lambda: guard.__exit__(None, None, None))

    def _kill(self) -> None:
        self._overfull = True
        for one in self.containers():
            with contextlib.suppress(*WIRE_ERRORS):
                one.container.kill()

    # Looking ----------------------------------------------------------------------------------------

    @property
    def services(self) -> tuple[str, ...]:
        """The services' names."""
        return tuple(self.config["services"])

    @property
    def published(self) -> tuple[Published, ...]:
        """What the learner's project publishes on the host. In a check nothing is."""
        return published(self.config)

    def containers(self, service: str = "") -> list[Running]:
        """The containers there are, running or not; those of a service, if one is named."""
        labels = [f"{PROJECT}={self.name}", *([f"{SERVICE}={service}"] if service else [])]
        client = self.attempt.client
        # `sparse`: no second question about each, which may have gone by then.
        found = client.containers.list(all=True, filters={"label": labels}, sparse=True)
        return sorted(
            (Running(client, one, self.attempt.limits) for one in found), key=lambda one: service_of(one)
        )

    def running(self, service: str) -> Running:
        """The service's first container that runs. Raises NotUp if there is none."""
        if service not in self.services:
            raise NotUp(
                f"The project has no service {service}.",
                hint=f"It has {', '.join(self.services)}. The task names the services.",
            )
        found = [one for one in self.containers(service) if (_state(one) or {}).get("Running")]
        if not found:
            raise NotUp(
                f"The service {service} doesn't run.",
                hint=f"Its last words are the evidence. See them yourself: docker compose logs {service}",
                detail=self.story(service),
            )
        return found[0]

    def side(self, service: str) -> Side:
        """A look at the service's first container, from a container of ours in its network namespace.

        Raises NotUp if there is none that runs."""
        running = self.running(service)
        key = f"{running.container.id} {running.state()['StartedAt']}"  # a new start, a new namespace
        if key not in self._sides:
            try:
                self._sides[key] = Side(self.attempt, running)
            except CourseError as error:
                if (_state(running) or {}).get("Running"):
                    raise
                raise NotUp(f"The service {service} ended.", detail=self.story(service)) from error
        return self._sides[key]

    def sides(self, *services: str) -> dict[str, Side]:
        """A look at each of these, started side by side. Raises NotUp for the first that doesn't run."""
        with ThreadPoolExecutor(max(1, len(services)), "sides") as pool:
            return dict(zip(services, pool.map(self.side, services), strict=True))

    def settle(self) -> str:
        """Waits until all that runs is healthy, as far as it has a check; says in words what is wrong, ""
        when nothing is."""
        deadline = time.monotonic() + self.attempt.limits.run
        while True:
            problems, waiting = self._problems()
            if problems or not waiting:
                return "; ".join(problems)
            if time.monotonic() > deadline:
                return f"after {self.attempt.limits.run:.0f} s {'; '.join(waiting)}"
            time.sleep(POLL)

    def _problems(self) -> tuple[list[str], list[str]]:
        """What is wrong for good, and what may still change."""
        problems, waiting = [], []
        for one in self.containers():
            name, state = service_of(one), _state(one)
            if state is None:
                continue
            health = (state.get("Health") or {}).get("Status")
            if health == "unhealthy":
                problems.append(f"{name} is unhealthy")
            elif state.get("Restarting") or health == "starting":
                waiting.append(f"{name} is {'restarting' if state.get('Restarting') else 'not healthy yet'}")
            elif not state["Running"] and (state.get("OOMKilled") or state["ExitCode"] != 0):
                problems.append(f"{name} {one.ending()}")
        return problems, waiting

    def story(self, service: str = "") -> str:
        """How each container stands, with the end of its log where it isn't well."""
        told = []
        for one in self.containers(service):
            state = _state(one)
            if state is None:
                continue
            health = state.get("Health") or {}
            how = state["Status"] + (f", {health['Status']}" if health.get("Status") else "")
            told.append(f"{service_of(one)}: {how}")
            if health.get("Status") == "unhealthy" and health.get("Log"):
                told.append(f"  its check: {str(health['Log'][-1].get('Output')).strip()[-300:]}")
            if not state["Running"] or health.get("Status") == "unhealthy" or service:
                with contextlib.suppress(NotFound):
                    told += [f"  {line}" for line in one.logs().splitlines()[-8:]]
        return "\n".join(told)


def begin(attempt: Attempt, *, number: int = 1, slow: Slow | None = None) -> Project:
    """The project, not yet started. Two of one attempt have different numbers.

    Raises Refused, NoProject, NotBuilt where the answer is to blame."""
    config, found = prepared(attempt)
    return Project(attempt, config, found, number=number, slow=slow)


def prepared(attempt: Attempt) -> tuple[Config, dict[str, Image]]:
    """What the project's files mean, and the image of each service, built where there is something to build.

    Raises Refused, NoProject, NotBuilt where the answer is to blame."""

    def make() -> tuple[Config, dict[str, Image]]:
        config = resolved(attempt)
        refused.check(attempt, config)
        return config, images(attempt, config)

    return attempt.once("compose: resolved", make)


def standing(attempt: Attempt) -> Project:
    """The attempt's one project, up. Rules that share it go on from where the one before has left it."""

    def make() -> Project:
        project = begin(attempt)
        project.up()
        return project

    return attempt.once("compose: up", make)


def service_of(running: Running) -> str:
    """The service that a container belongs to."""
    attributes: Mapping[str, Any] = running.container.attrs
    labels = attributes.get("Labels") or (attributes.get("Config") or {}).get("Labels") or {}
    return str(labels.get(SERVICE, ""))


def _state(running: Running) -> dict[str, Any] | None:
    """None if the container has gone meanwhile."""
    try:
        return running.state()
    except NotFound:
        return None


def _variables(attempt: Attempt, config: Config) -> dict[str, str]:
    """What secrets and configs are made of that come from a variable."""
    wanted = {
        str(one["environment"])
        for kind in ("configs", "secrets")
        for one in (config.get(kind) or {}).values()
        if (one or {}).get("environment")
    }
    if not wanted:
        return {}
    return {name: value for name, value in environment(attempt).items() if name in wanted}


def _own_words(words: str, project: str) -> str:
    """Compose's words, with the services' own names."""
    return words.replace(f"{project}-", "").strip()

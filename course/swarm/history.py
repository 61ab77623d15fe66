"""What became of a service's tasks: when each was started, ran, and ended, and on which node.

A manager tells a task's present state only, with the time at which it came to be. So it's asked again and
again until the service has settled.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import docker

from course.errors import InputError

_EVERY = 0.1  # seconds between two looks
_SECONDS = 90.0
_ENDED = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})
_UPDATES = {
    "rollback_started": "rolls back",
    "rollback_completed": "rolls back",  # the beginning may have been too short to be seen
    "paused": "paused",
    "completed": "completed",
}
_NODES = {"down": "{node} is missed", "ready": "{node} is back"}
_DONE = frozenset({"completed", "rollback_completed", "paused", "rollback_paused"})


@dataclass(frozen=True)
class Stage:
    """What a task came to: starting, running, failed, ended, or lost with its node."""

    state: str
    seconds: float  # since the story began; less than 0 for what was so before


@dataclass(frozen=True)
class TaskStory:
    """One task. `version` is its image's tag."""

    slot: int
    version: str
    node: str
    stages: tuple[Stage, ...]

    def running(self, until: float) -> tuple[float, float] | None:
        """From when to when it ran, or None if it never did."""
        ran = False
        begin = until
        for stage in self.stages:
            if stage.state == "running":
                ran, begin = True, stage.seconds
            elif ran:
                return begin, stage.seconds
        return (begin, until) if ran else None


@dataclass(frozen=True)
class Mark:
    """Something that happened beside the tasks: an update's rollback, a node's loss."""

    text: str
    seconds: float


@dataclass(frozen=True)
class History:
    """The tasks by slot and start; what else happened; and how long was watched."""

    service: str
    tasks: tuple[TaskStory, ...]
    marks: tuple[Mark, ...]
    seconds: float

    def fewest(self) -> int:
        """The smallest number of tasks that ran at the same time, from the beginning to the end."""
        return min(count for _, count in self.counts())

    def counts(self, version: str | None = None) -> list[tuple[float, int]]:
        """Moment → how many tasks run from then on, of one version or of all."""
        changes: dict[float, int] = {0.0: 0, self.seconds: 0}
        for task in self.tasks:
            spell = task.running(self.seconds)
            if spell and version in (None, task.version):
                changes[max(spell[0], 0.0)] = changes.get(max(spell[0], 0.0), 0) + 1
                changes[max(spell[1], 0.0)] = changes.get(max(spell[1], 0.0), 0) - 1
        count, found = 0, []
        for moment in sorted(changes):
            count += changes[moment]
            if moment < self.seconds:
                found.append((moment, count))
        return found


class Recorder:
    """Puts a story together from one look after the other. `began` is the engine's time of its beginning."""

    def __init__(self, began: datetime, lost: str = "") -> None:
        self._began, self._lost = began, lost
        self._facts: dict[str, tuple[int, str, str]] = {}
        self._stages: dict[str, list[Stage]] = {}
        self._stopping: set[str] = set()
        self._marks: list[Mark] = []
        self._seen: dict[str, str] = {}  # what a mark was made of → its last state

    def look(
        self,
        service: Mapping[str, Any],
        tasks: Sequence[Mapping[str, Any]],
        nodes: Sequence[Mapping[str, Any]],
        seconds: float,
    ) -> bool:
        """Takes the JSON of a service, its tasks, and the nodes. Whether the service has settled."""
        names = {node["ID"]: node["Description"]["Hostname"] for node in nodes}
        for task in tasks:
            self._note(task, names)
        for node in nodes:
            self._mark(names[node["ID"]], node["Status"]["State"], seconds)
        self._mark("update", (service.get("UpdateStatus") or {}).get("State", ""), seconds)
        return self._settled(service, tasks, names)

    def history(self, service: str, seconds: float) -> History:
        """What was seen until then."""
        told = [
            TaskStory(*self._facts[one], tuple(sorted(stages, key=lambda stage: stage.seconds)))
            for one, stages in self._stages.items()
        ]
        told.sort(key=lambda task: (task.slot, task.stages[0].seconds))
        return History(service, tuple(told), tuple(self._marks), seconds)

    def _note(self, task: Mapping[str, Any], names: Mapping[str, str]) -> None:
        number, status = task["ID"], task["Status"]
        at = (_time(status["Timestamp"]) - self._began).total_seconds()
        state = _state(status["State"])
        if state == "failed" and number in self._stopping:
            state = "ended"  # it was told to end: how it did so is no failure of the service
        elif task["DesiredState"] == "shutdown":
            self._stopping.add(number)
        if number not in self._stages:
            if state in ("ended", "failed") and at < 0:
                return  # of an earlier story
            created = (_time(task["CreatedAt"]) - self._began).total_seconds()
            self._stages[number] = [Stage("starting", created)]
        node = names.get(task.get("NodeID", ""), "")
        self._facts[number] = (int(task.get("Slot", 0)), _version(task["Spec"]), node)
        stages = self._stages[number]
        if state != stages[-1].state and stages[-1].state not in ("ended", "failed", "lost"):
            stages.append(Stage(state, at))
        if node and node == self._lost and stages[-1].state == "running" and stages[-1].seconds <= 0:
            stages.append(Stage("lost", 0.0))  # it was killed then; the manager doesn't know yet

    def _mark(self, what: str, state: str, seconds: float) -> None:
        before = self._seen.get(what)
        self._seen[what] = state
        if before in (None, state):
            return
        told = _UPDATES if what == "update" else _NODES
        words = told.get(state, "").format(node=what)
        if words and words not in {mark.text for mark in self._marks}:
            self._marks.append(Mark(words, seconds))

    def _settled(
        self, service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], names: Mapping[str, str]
    ) -> bool:
        if (service.get("UpdateStatus") or {}).get("State", "completed") not in _DONE:
            return False
        wanted = service["Spec"]["TaskTemplate"]
        current = [task for task in tasks if task["DesiredState"] == "running"]
        if any(names.get(task.get("NodeID", "")) == self._lost for task in current if self._lost):
            return False
        running = [
            task for task in current if task["Status"]["State"] == "running" and _same(task["Spec"], wanted)
        ]
        replicas: int = service["Spec"]["Mode"]["Replicated"]["Replicas"]
        return len(running) == len(current) == replicas


def follow(
    client: docker.DockerClient, service: str, *, lost: str = "", seconds: float = _SECONDS
) -> History:
    """Watches a replicated service until it has settled: all replicas run as wanted, and no update is under
    way. `lost`: a node that was just killed; then also until its tasks run elsewhere.

    `client` is a manager's. Raises InputError when that takes longer than `seconds`.
    """
    api: Any = client.api
    began, clock = _time(client.info()["SystemTime"]), time.monotonic()
    recorder = Recorder(began, lost)
    while True:
        passed = time.monotonic() - clock
        tasks = api.tasks(filters={"service": service})
        if recorder.look(api.inspect_service(service), tasks, api.nodes(), passed):
            return recorder.history(service, passed)
        if passed > seconds:
            said = {task["Status"].get("Err") for task in tasks} - {None, ""}
            raise InputError(
                f"The service {service} has not settled within {seconds:.0f} s.",
                hint=f"Look at: docker service ps {service}",
                detail="\n".join(sorted(said)),
            )
        time.sleep(_EVERY)


def _same(spec: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return bool(
        spec["ContainerSpec"]["Image"] == wanted["ContainerSpec"]["Image"]
        and spec.get("ForceUpdate", 0) == wanted.get("ForceUpdate", 0)
    )


def _state(state: str) -> str:
    if state in ("failed", "rejected"):
        return "failed"
    return "ended" if state in _ENDED else "running" if state == "running" else "starting"


def _version(spec: Mapping[str, Any]) -> str:
    image = str(spec["ContainerSpec"]["Image"]).partition("@")[0].rpartition("/")[2]
    return image.partition(":")[2] or "latest"


def _time(text: str) -> datetime:
    """RFC 3339 with nanoseconds, as Go writes it: Python takes six digits."""
    cut = re.sub(r"(\.\d{6})\d+", r"\1", text)
    return datetime.fromisoformat(cut).astimezone(UTC)

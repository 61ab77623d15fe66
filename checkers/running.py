"""A container of a learner's image, looked at from outside."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any, cast

import docker
from docker.errors import APIError
from docker.models.containers import Container

from checkers.limits import Limits, size
from course.engine.failures import NOT_STARTED, WIRE_ERRORS, translate
from course.errors import CourseError

_LOG_LINES = 20
_LOG_CHARACTERS = 4000
POLL = 0.05  # seconds between two looks
# Go's %q: what can't be printed, and quotes, are behind a backslash. Some engines quote the whole once more.
_PROGRAM = r'exec: (?P<quote>\\?")(?P<what>(?:\\.|[^"\\])*?)(?P=quote):.*'
# What the engine answers where the image or the command is at fault, not the engine (moby, daemon/start.go,
# and runc's words, which it passes on). The first that fits is used.
_BLAME = tuple(
    (re.compile(pattern, re.DOTALL), message)
    for pattern, message in (
        (_PROGRAM + "executable file not found", "{what}: there is no such program in the image."),
        (_PROGRAM + "no such file or directory", "{what}: there is no such file in the image."),
        (_PROGRAM + "permission denied", "{what} is there, but may not be executed."),
        (_PROGRAM + "exec format error", "{what} is for another CPU, or is a script without a #! line."),
        ("no such file or directory", "A file that the command needs is not in the image."),
        ("exec format error", "The program is for another CPU, or is a script without a #! line."),
        ("permission denied", "The program may not be executed."),
        ("no command specified", "The image doesn't say what to run: it has no CMD and no ENTRYPOINT."),
        (r"unable to find user (?P<what>\S+?):", "The image's USER {what} is not in its /etc/passwd."),
    )
)


class WrongAnswer(CourseError):
    """What the learner wrote is the reason that a check can't go on. It becomes a fail."""


class NotStarted(WrongAnswer):
    """The container could not be started, and what the learner wrote is the reason."""

    hint = "Look at CMD, ENTRYPOINT and at what COPY puts into the image."


def start_error(error: APIError) -> CourseError:
    """NotStarted where the engine's words say that the image is to blame, else the engine's own error."""
    words = str(error.explanation or error)
    for pattern, message in _BLAME:
        if match := pattern.search(words):
            return NotStarted(message.format(**match.groupdict()), detail=words)
    return translate(error)


def begin(container: Container) -> None:
    """Starts a container; up to three times where the machine, not the image, was the reason that it did not.

    Raises docker's APIError.
    """
    for last in (False, False, True):
        try:
            return container.start()
        except APIError as error:
            if last or not NOT_STARTED.search(str(error.explanation or error)):
                raise
    raise AssertionError  # the loop returns or raises


class Running:
    """A container that was started."""

    def __init__(self, client: docker.DockerClient, container: Container, limits: Limits) -> None:
        self._client, self.container, self._limits = client, container, limits
        self._overfull = False

    @property
    def name(self) -> str:
        """Its name, which is its host name for others on its network, too."""
        return str(self.container.name)

    def inspect(self) -> dict[str, Any]:
        """The engine's record of it, as it is now."""
        return dict(self._client.api.inspect_container(str(self.container.id)))

    def state(self) -> dict[str, Any]:
        """The part of the record that says whether it runs."""
        return dict(self.inspect()["State"])

    def logs(self) -> str:
        """The end of what it printed."""
        text = self.container.logs(tail=_LOG_LINES).decode("utf-8", "replace").strip()
        return text if len(text) <= _LOG_CHARACTERS else f"… {text[-_LOG_CHARACTERS:]}"

    def wait_exit(self, timeout: float) -> int | None:
        """Its exit code, or None if it still runs after `timeout` seconds."""
        deadline, api = time.monotonic() + timeout, cast("Any", self._client.api)
        with contextlib.suppress(*WIRE_ERRORS):  # a broken connection says nothing of the container
            api.wait(str(self.container.id), timeout=timeout)
        self.until(lambda: not self.state()["Running"], deadline - time.monotonic())
        state = self.state()
        return None if state["Running"] else int(state["ExitCode"])

    def until(self, true: Callable[[], bool], timeout: float) -> bool:
        """Looks until `true()` says so; False if it didn't within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not true():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL)
        return True

    def kill_if_overfull(self) -> None:
        """Kills it if its own files are most of what the disk lost: a neighbour may have written the rest."""
        with contextlib.suppress(*WIRE_ERRORS):
            api = self._client.api
            # docker-py's inspect_container has no `size`.
            answer = api._get(api._url("/containers/{0}/json", self.container.id), params={"size": 1})  # type: ignore[attr-defined]
            if int(answer.json().get("SizeRw") or 0) > self._limits.disk / 2:
                self._overfull = True
                self.container.kill()

    def end(self) -> None:
        """Kills it: nobody looks at it any more. The attempt removes it."""
        with contextlib.suppress(*WIRE_ERRORS):  # it has ended, or the engine is in trouble
            self.container.kill()

    def ending(self) -> str:
        """In a few words how it ended, "" while it runs."""
        state = self.state()
        if state["Running"]:
            return ""
        if self._overfull:
            return f"was stopped: it wrote more than {size(self._limits.disk)} to the disk"
        if state.get("OOMKilled"):
            return f"was killed: it used more than {size(self._limits.memory)} of memory"
        if state.get("ExitCode") == 137:
            return "was killed (exit code 137), probably for using too much memory"
        return f"ended with exit code {state.get('ExitCode')}"

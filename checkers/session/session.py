"""A learner's scripts, run one after the other on one stage; what rules look at afterwards."""

from __future__ import annotations

import contextlib
import io
import re
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError, NotFound

from checkers.attempt import Attempt
from checkers.folder import read_text
from checkers.running import Running, WrongAnswer
from checkers.session import calls, images
from checkers.session.bodies import FOLDER
from checkers.session.door import Door
from checkers.session.names import Names, full
from checkers.session.shell import Shell
from course.engine.failures import WIRE_ERRORS, translate
from course.errors import EngineError

_RUNS = 6
"""A script may take as long as this many containers may to start: it often starts several."""


@dataclass(frozen=True)
class Ended:
    """How a script ended. `output` is what a reader would have seen in the terminal."""

    code: int
    output: str


class Session:
    """See the module. `runs` are the images that the scripts may use; `publishes`: whether ports that they
    publish are open on the machine, at any free number; `registry`: host:port that they may push to."""

    def __init__(
        self, attempt: Attempt, runs: Iterable[str], *, publishes: bool = False, registry: str = ""
    ) -> None:
        self.attempt = attempt
        self.names = Names(f"{attempt.name}_", frozenset(map(full, runs)), registry)
        self.work = attempt.volume()
        self.door = Door(attempt, self.names, (*calls.CALLS, *images.CALLS), self.work, publishes=publishes)
        self._filled = self._overfull = False

    def run(self, script: str, environment: Mapping[str, str] | None = None) -> Ended:
        """Runs a script of the learner's folder to its end.

        Raises WrongAnswer, with the line where one is known, if there is no such script, if it doesn't end,
        or if it asks for what a check doesn't do; EngineError where the engine is to blame.
        """
        text = read_text(self.attempt.folder, script)
        if text is None:
            raise WrongAnswer(f"There is no file {script}.", hint=f"Write your commands into {script}.")
        shell = Shell(self.attempt, self.work, script, environment or {}, self.door.handling)
        if not self._filled:
            shell.container.put_archive("/", self._archive())
            self._filled = True
        self.door.script = str(shell.container.id)
        code: int | None = None
        guard = self.attempt.disk_guard(self._defend)
        seconds = _RUNS * self.attempt.limits.run
        with guard:
            code = shell.run(seconds)
        output = self.names.own(shell.output.decode("utf-8", "replace")).replace("\r\n", "\n")
        self._raise_trouble(script, text)
        if self._overfull:
            raise WrongAnswer(
                "The script, or what it started, wrote too much to the disk.",
                hint="Look for a command that writes without end.",
                detail=output,
            )
        if shell.lost:
            raise WrongAnswer(
                f"{script} broke off: what it runs in answers no more.",
                hint="It used too much memory, or meddled with a process that isn't its own.",
                detail=output,
            )
        if code is None:
            raise WrongAnswer(
                f"{script} was still running after {seconds:.0f} s.",
                hint="It should start what the task asks for, and end. -d gives the terminal back.",
                detail=output,
            )
        return Ended(code, output)

    def box(self, name: str) -> Running | None:
        """The container that the script calls so; None if there is none."""
        try:
            found = self.attempt.client.containers.get(self.names.real(name))
        except NotFound:
            return None
        return Running(self.attempt.client, found, self.attempt.limits)

    def names_of(self, kind: str) -> list[str]:
        """The script's names of its "containers", "networks" or "volumes" that are there now."""
        api: Any = self.attempt.client.api
        if kind == "containers":
            found = [row["Names"][0].lstrip("/") for row in api.containers(all=True)]
        else:
            rows = api.networks() if kind == "networks" else api.volumes().get("Volumes") or ()
            found = [row["Name"] for row in rows]
        return sorted(self.names.own(name) for name in found if name.startswith(self.names.prefix))

    def clear(self) -> None:
        """Removes every container, network and volume of the scripts: only the folder and images stay."""
        api: Any = self.attempt.client.api
        with contextlib.suppress(*WIRE_ERRORS):
            for name in self.names_of("containers"):  # first: they hold the others
                _gone(api.remove_container, self.names.real(name), v=True, force=True)
            for name in self.names_of("networks"):
                _gone(api.remove_network, self.names.real(name))
            for name in self.names_of("volumes"):
                _gone(api.remove_volume, self.names.real(name), force=True)
        self.door.forget()

    def _defend(self) -> None:
        """The disk fills: if most of it is this script's doing, that goes. A neighbour may have written."""
        used: Any = self.attempt.client.df()
        mine = (self.names.prefix, self.work)
        size = sum(
            int(one.get("SizeRw") or 0)
            for one in used["Containers"]
            if one["Names"][0].lstrip("/").startswith(self.attempt.name)
        ) + sum(int(one["UsageData"]["Size"]) for one in used["Volumes"] if one["Name"].startswith(mine))
        if size > self.attempt.limits.disk / 2:
            self._overfull = True
            self.clear()

    def _archive(self) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
            tar.add(self.attempt.folder, FOLDER.strip("/"))
        return buffer.getvalue()

    def _raise_trouble(self, script: str, text: str) -> None:
        if self.door.refusals:
            refused = self.door.refusals[0]
            refused.file, refused.line = script, line_of(text, refused.option)
            raise refused
        for error in self.door.trouble:
            if isinstance(error, WIRE_ERRORS):
                raise translate(error) from error
            if isinstance(error, EngineError):
                raise error
            raise RuntimeError(f"{type(error).__name__}: {error}") from error


def line_of(text: str, option: str) -> int | None:
    """The script's first line, no comment, in which the option stands; only to point at it."""
    word = option.split()[0]
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.lstrip().startswith("#") and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line):
            return number
    return None


def _gone(remove: Any, name: str, **options: Any) -> None:
    try:
        remove(name, **options)
    except APIError as error:
        if error.response is None or error.response.status_code != 404:
            raise

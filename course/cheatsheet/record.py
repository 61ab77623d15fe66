"""Types the sheet's commands through a gateway and keeps what each asked of the engine."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from course.cheatsheet.sheet import Sheet, script, with_calls
from course.engine.cleanup import reset
from course.engine.connect import connect
from course.engine.embedded import cli_environment
from course.engine.find import find_engine
from course.engine.gateway import Gateway
from course.engine.gateway.call import Call
from course.engine.ledger import Ledger
from course.errors import EngineRefused, InputError
from course.steps import SILENT, Steps

_SECONDS = 120  # for one command
_HEX = re.compile(r"\b(?:sha256:)?[0-9a-f]{64}\b|\b[0-9a-f]{12}\b")
_TIME = re.compile(r"=\d{10}(?:\.\d+)?\b")
_NOISE = re.compile(r"(HEAD|GET) /(_ping|version|info)$")
_GREETING = {"docker version", "docker info"}  # they are about what is noise elsewhere
_READS = {"GET", "HEAD"}
_SHORT = 40


def record(steps: Steps = SILENT) -> Sheet:
    """The sheet as this machine's docker command line and engine have it, now. What it makes is removed.

    Raises EngineError, InputError where there is no docker command line, EngineRefused where a command fails
    that should not.
    """
    said = script()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="course-sheet-")))
        for name, text in said["files"].items():
            (folder / name).write_text(text.lstrip(), encoding="utf-8")
        address = find_engine()
        gateway = stack.enter_context(Gateway(address, Ledger()))
        typist = _Typist(gateway, folder, said["names"])
        stack.callback(typist.remove)
        calls = {}
        for section in said["section"]:
            with steps.step(f"Recording: {section['title']}"):
                for one in section["commands"]:
                    calls[one["run"]] = typist.record(one)
        return with_calls(calls, typist.versions())


class _Typist:
    """Types commands, each name in them made unique."""

    def __init__(self, gateway: Gateway, folder: Path, names: Sequence[str]) -> None:
        self._gateway, self._folder = gateway, folder
        self._mark = f"sheet{uuid.uuid4().hex[:8]}"
        self._names = {name: f"{self._mark}{name}" for name in names}
        self._word = re.compile(rf"(?<![\w/-])({'|'.join(names)})(?![\w.])")
        self._env = os.environ | cli_environment(gateway.address) | {"DOCKER_HOST": gateway.url}
        if shutil.which("docker", path=self._env["PATH"]) is None:
            raise InputError(
                "There is no docker command line here to record.", hint="Run: course up, or leave --live out."
            )

    def record(self, one: Mapping[str, Any]) -> tuple[str, ...]:
        """The calls of the one command."""
        for line in one.get("before", ()):
            self._type(line)
        began = len(self._gateway.tape)
        self._type(one["run"], may_fail=one.get("may_fail", False))
        calls = list(self._gateway.tape)[began:]
        for line in one.get("after", ()):
            self._type(line)
        return self._told(calls, greeting=one["run"] in _GREETING)

    def versions(self) -> dict[str, str]:
        """Of the command line, the engine and the API between them."""
        format = "{{.Client.Version}} {{.Server.Version}} {{.Client.APIVersion}}"
        client, engine, api = self._type(f"docker version --format {shlex.quote(format)}").split()
        return {"docker": client, "engine": engine, "api": api}

    def remove(self) -> None:
        """Removes what is left where a command failed half-way."""
        with contextlib.closing(connect(self._gateway.address)) as client:
            reset(client, Ledger(), only=lambda item: self._mark in (item.name or ""))

    def _type(self, line: str, *, may_fail: bool = False) -> str:
        words = shlex.split(self._word.sub(lambda found: self._names[found[0]], line))
        try:
            done = subprocess.run(
                words, cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise EngineRefused(f"{line} took more than {_SECONDS} s.", hint="Is the engine busy?") from error
        if done.returncode and not may_fail:
            raise EngineRefused(f"{line} failed: {done.stderr.strip()[-300:]}", hint="Run: course doctor")
        return done.stdout

    def _told(self, calls: Iterable[Call], *, greeting: bool) -> tuple[str, ...]:
        """The calls in their order, each once. Beside calls that change something, those that only look are
        left out: the command line looks a lot."""
        told = [_words(call, self._mark) for call in calls]
        if not greeting:
            told = [one for one in told if not _NOISE.fullmatch(one)]
        changing = [one for one in told if one.split()[0] not in _READS]
        return tuple(dict.fromkeys(changing or told))


def _words(call: Call, mark: str) -> str:
    """ "POST /containers/{id}/start": ids as placeholders, names as on the sheet."""
    words = f"{call.method} {unquote(call.path)}"
    if query := "&".join(f"{name}={_value(value)}" for name, value in parse_qsl(call.query)):
        words += f"?{query}"
    return _TIME.sub("={time}", _HEX.sub("{id}", words)).replace(mark, "")


def _value(value: str) -> str:
    if not value.startswith(("{", "[")):
        return value
    return value if len(value) <= _SHORT else "…"  # JSON that says at length what the command said in a word

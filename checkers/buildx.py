"""A build beneath a control group. Only BuildKit's own channel takes one (`POST /build` drops it for
BuildKit), and the docker CLI's buildx speaks that channel; so it is used where it is installed.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from checkers.limits import Limits
from course.build.failure import failed
from course.engine.address import Address
from course.engine.describe import version_number
from course.engine.embedded import cli_environment
from course.errors import BuildTimeout
from course.trace import Build, Recorder
from course.trace.lines import vertex_lines
from course.trace.wire import LogUpdate, StatusResponse, VertexUpdate

_LINE_MAX = 4 * 1024 * 1024  # bytes of one line of JSON; BuildKit's messages carry at most 2 MiB of log
_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class DockerCli:
    """A docker CLI that can do a caged build, and the variables that lead it to its engine and plugins."""

    program: str
    environment: dict[str, str] = field(hash=False)


@functools.cache
def docker_cli(host: str) -> DockerCli | None:
    """The docker CLI for the engine at `host`, the host's or the course's own, if it is there and has a
    buildx that reports as JSON (0.13, of 2024); else None."""
    environment = {**os.environ, **cli_environment(Address(host, "DOCKER_HOST"))}
    # An engine is named by DOCKER_HOST or by a context; docker warns, or refuses, where both are given.
    environment.pop("DOCKER_CONTEXT", None)
    program = shutil.which("docker", path=environment.get("PATH"))
    if program is None:
        return None
    with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError, IndexError):
        command = [program, "buildx", "version"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=True, env=environment
        )
        if version_number(done.stdout.split()[1]) >= (0, 13):
            return DockerCli(program, environment)
    return None


def build(
    cli: DockerCli,
    context: Path,
    *,
    tag: str,
    buildargs: Mapping[str, str],
    labels: Mapping[str, str],
    cgroup_parent: str,
    limits: Limits,
    fresh: bool = False,
    on_start: Callable[[Callable[[], None]], None] | None = None,
) -> Build:
    """Builds `context`, its RUN steps beneath `cgroup_parent` and without a network.

    Raises as course.build.build does.
    """
    command = [cli.program, "buildx", "build", "--builder", "default", "--progress", "rawjson", "--tag", tag]
    command += ["--network", "none", "--cgroup-parent", cgroup_parent]
    command += [f"--ulimit={limit['Name']}={limit['Soft']}:{limit['Hard']}" for limit in limits.ulimits()]
    command += [f"--build-arg={name}={value}" for name, value in buildargs.items()]
    command += [f"--label={name}={value}" for name, value in labels.items()]
    command += ["--no-cache"] * fresh + ["--", str(context)]
    # Attestations make the image's ID change at every cached rebuild, and their export takes time.
    environment = {**cli.environment, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    run = _Run(command, environment, context / "Dockerfile", limits.build)
    if on_start:
        on_start(run.cancel)
    return run.finish()


class _Run:
    """One buildx process, with a deadline."""

    def __init__(
        self, command: list[str], environment: dict[str, str], dockerfile: Path, timeout: float
    ) -> None:
        self._text = dockerfile.read_text(encoding="utf-8-sig")
        self._began = time.monotonic()
        self._recorder = Recorder()
        self._timeout = timeout
        self._cancelled = False
        self._words: list[str] = []
        # A session of its own: a Ctrl-C in the terminal is ours to handle, once.
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def cancel(self) -> None:
        """Ends the build from any thread: buildx's session closes, and BuildKit drops what it was doing."""
        self._cancelled = True
        self._process.terminate()
        last = threading.Timer(_STOP_SECONDS, self._process.kill)
        last.daemon = True
        last.start()

    def finish(self) -> Build:
        """Follows the build to its end."""
        timer = threading.Timer(self._timeout, self.cancel)
        timer.daemon = True
        timer.start()
        try:
            self._follow()
            code = self._process.wait(timeout=2 * _STOP_SECONDS)
        finally:
            timer.cancel()
            self._stop()
        if self._cancelled:
            raise BuildTimeout(
                f"The build was still running after {self._timeout:.0f} s and was cancelled.",
                hint="Look for a step that waits for something, or that never ends.",
            )
        build = self._snapshot()
        if code != 0:
            raise failed({"error": _error("\n".join(self._words))}, build)
        return build

    def _follow(self) -> None:
        assert self._process.stderr is not None  # noqa: S101  it is a pipe
        while line := self._process.stderr.readline(_LINE_MAX):
            if line.startswith(b"{"):
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    self._recorder.feed(_response(json.loads(line)))
                    continue
            self._words = [*self._words[-200:], line.decode("utf-8", "replace").rstrip()]

    def _snapshot(self) -> Build:
        return self._recorder.build(
            time.monotonic() - self._began, vertex_lines(self._text, self._recorder.names())
        )

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()


def _error(words: str) -> str:
    """What buildx said after "ERROR:", which is BuildKit's own message with prefixes."""
    _, _, error = words.rpartition("ERROR: ")
    return error.removeprefix("failed to build: ").removeprefix("failed to solve: ") or "the build failed"


def _response(message: Mapping[str, Any]) -> StatusResponse:
    """BuildKit's SolveStatus as JSON (moby/buildkit, client/graph.go), as the wire's own form."""
    return StatusResponse(
        vertices=tuple(
            VertexUpdate(
                digest=vertex["digest"],
                name=vertex.get("name", ""),
                inputs=tuple(vertex.get("inputs") or ()),
                cached=bool(vertex.get("cached")),
                started=_time(vertex.get("started")),
                completed=_time(vertex.get("completed")),
                error=vertex.get("error", ""),
            )
            for vertex in message.get("vertexes") or ()
        ),
        logs=tuple(
            LogUpdate(log["vertex"], log.get("stream", 0), base64.b64decode(log.get("data") or ""))
            for log in message.get("logs") or ()
        ),
    )


def _time(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None

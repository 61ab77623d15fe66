"""A build by the docker CLI's buildx, followed through its `--progress=rawjson`: the same `Build` comes out.

It serves where a tar body can't: engines that refuse one (26 with the containerd image store), and a
Dockerfile that its own ignore file names, which only a session keeps away from `COPY . .`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import docker

from course.build.context import Context
from course.build.failure import failed
from course.engine.address import Address
from course.engine.describe import version_number
from course.engine.embedded import cli_environment
from course.errors import BuildTimeout
from course.trace import Build, Given, Recorder
from course.trace.lines import Lines
from course.trace.rawjson import response
from course.trace.wire import WireError

_LINE_MAX = 4 * 1024 * 1024  # bytes of one line of JSON; BuildKit's messages carry at most 2 MiB of log
_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class DockerCli:
    """A docker CLI with a buildx that reports as JSON, and the variables that lead it to its engine."""

    program: str
    environment: dict[str, str] = field(hash=False)


def find(client: docker.DockerClient) -> DockerCli | None:
    """The docker CLI for the engine of `client`; None where there is none, or its engine can't be named."""
    host = host_of(client)
    return _find(host) if host else None


def host_of(client: docker.DockerClient) -> str | None:
    """The address at which the docker CLI reaches the same engine, None where it can't be told."""
    # docker-py keeps the socket's path with its transport adapter, and nowhere public.
    path = getattr(getattr(client.api, "_custom_adapter", None), "socket_path", None)
    base = str(client.api.base_url)
    if path:
        return f"unix://{path}"
    return f"tcp://{base.removeprefix('http://')}" if base.startswith("http://") else None


@functools.cache
def _find(host: str) -> DockerCli | None:
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
        if version_number(done.stdout.split()[1]) >= (0, 13):  # of 2024: the first with rawjson
            return DockerCli(program, environment)
    return None


def build(
    cli: DockerCli,
    context: Path,
    given: Given,
    *,
    pull: bool = False,
    options: Sequence[str] = (),
    timeout: float | None = None,
    on_update: Callable[[Build], None] | None = None,
    on_start: Callable[[Callable[[], None]], None] | None = None,
    packed: Context | None = None,
) -> Build:
    """Builds `context` as `given` asks, with more of the CLI's `options`. `packed` is read to know the files'
    content. Raises as course.build.build does."""
    if packed is not None:
        for _ in packed:  # the CLI reads the files itself; the story of the next build needs their hashes
            pass
        files = packed.inventory
        if packed.survey.hides_dockerfile:  # a session hands it over apart from the context
            files = {name: file for name, file in files.items() if name != given.dockerfile_name}
        given = replace(given, context=files, context_bytes=packed.survey.bytes)
    # Attestations make the image's ID change at every cached rebuild, and their export takes time.
    environment = {**cli.environment, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    command = _command(cli, context, given, pull, options)
    run = _Run(command, environment, given, timeout, on_update)
    if on_start:
        on_start(run.cancel)
    return run.finish()


def _command(cli: DockerCli, context: Path, given: Given, pull: bool, options: Sequence[str]) -> list[str]:
    command = [cli.program, "buildx", "build", "--builder", "default", "--progress", "rawjson"]
    command += ["--tag", given.tag, "--file", str(context / given.dockerfile_name)]
    for option, value in (
        ("--target", given.target),
        ("--platform", given.platform),
        ("--network", given.network),
    ):
        command += [option, value] if value else []
    command += [f"--build-arg={name}={value}" for name, value in given.build_args.items()]
    command += [f"--label={name}={value}" for name, value in given.labels.items()]
    command += ["--no-cache"] * given.no_cache + ["--pull"] * pull
    return [*command, *options, "--", str(context)]


class _Run:
    """One buildx process, with a deadline."""

    def __init__(
        self,
        command: list[str],
        environment: Mapping[str, str],
        given: Given,
        timeout: float | None,
        on_update: Callable[[Build], None] | None,
    ) -> None:
        self._began = time.monotonic()
        self._recorder, self._lines = Recorder(given), Lines(given.dockerfile)
        self._timeout, self._on_update, self._cancelled = timeout, on_update, False
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
        self._signal(signal.SIGTERM)
        last = threading.Timer(_STOP_SECONDS, self._signal, (signal.SIGKILL,))
        last.daemon = True
        last.start()

    def finish(self) -> Build:
        """Follows the build to its end."""
        timer = threading.Timer(self._timeout, self.cancel) if self._timeout is not None else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            self._follow()
            code = self._process.wait(timeout=2 * _STOP_SECONDS)
        finally:
            if timer:
                timer.cancel()
            self._stop()
        if self._cancelled:
            raise BuildTimeout(
                f"The build was still running after {self._timeout or 0:.0f} s and was cancelled.",
                hint="Look for a step that waits for something, or that downloads a lot.",
            )
        if code != 0:
            self._recorder.error = _error("\n".join(self._words))
            if self._on_update:
                self._on_update(self._snapshot())
            raise failed({"error": self._recorder.error}, self._snapshot())
        return self._snapshot()

    def _follow(self) -> None:
        assert self._process.stderr is not None  # noqa: S101  it is a pipe
        while line := self._process.stderr.readline(_LINE_MAX):
            if line.startswith(b"{"):
                with contextlib.suppress(ValueError, WireError):
                    self._recorder.feed(response(json.loads(line)))
                    if self._on_update:
                        self._on_update(self._snapshot())
                    continue
            self._words = [*self._words[-200:], line.decode("utf-8", "replace").rstrip()]

    def _snapshot(self) -> Build:
        recorder = self._recorder
        return recorder.build(time.monotonic() - self._began, self._lines.of(recorder.names()))

    def _signal(self, number: signal.Signals) -> None:
        """Sends it to docker and to its plugin buildx: docker alone, ended before the two have met, would
        leave buildx building, with our pipe in its hand."""
        # Once it is waited for, its number may be another's. Until then it is ours, even when it has ended.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()


def _error(words: str) -> str:
    """What buildx said after "ERROR:", which is BuildKit's own message with prefixes."""
    _, _, error = words.rpartition("ERROR: ")
    return error.removeprefix("failed to build: ").removeprefix("failed to solve: ") or "the build failed"

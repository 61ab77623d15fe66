"""Runs `docker compose` for a check: with a deadline, an end from any thread, and nothing of the checker's
own environment that a Compose file could read."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import docker

from checkers.building import NotHere
from course.build.buildx import host_of
from course.engine.address import Address
from course.engine.describe import version_number
from course.engine.embedded import cli_environment

_OLDEST = (2, 20)  # of 2023: the first with --progress, and with `include`
_OUTPUT_MAX = 4 * 1024 * 1024
# What the docker CLI needs to find its plugin and its engine. No more: a Compose file may name any variable.
_KEPT = ("PATH", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "SYSTEMROOT")
# A file from somewhere on the network is nothing that the learner wrote.
_NO_NETWORK = {"COMPOSE_EXPERIMENTAL_GIT_REMOTE": "0", "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "0"}


@dataclass(frozen=True)
class Done:
    """How a command ended. `late`: it was ended at its deadline."""

    code: int
    out: str
    err: str
    late: bool = False


@dataclass(frozen=True)
class Compose:
    """A docker CLI with Compose v2, and the variables that lead it to its engine."""

    program: str
    environment: Mapping[str, str] = field(hash=False)

    def run(
        self,
        *arguments: str,
        folder: Path,
        timeout: float,
        variables: Mapping[str, str] | None = None,
        on_start: Callable[[Callable[[], None]], None] | None = None,
    ) -> Done:
        """Runs `docker compose ARGUMENTS` in `folder`; `on_start` is given what ends it, from any thread."""
        command = [self.program, "compose", "--ansi", "never", "--progress", "quiet", *arguments]
        # Files, not pipes: nobody has to read while it runs, and nothing blocks when it is ended.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**(variables or {}), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,  # a Ctrl-C in the terminal is ours to handle, once
            )
            lock, late = threading.Lock(), False

            def end() -> None:
                # Once it is waited for, its number may be another's.
                with lock, contextlib.suppress(ProcessLookupError):
                    if process.returncode is None:
                        os.killpg(process.pid, signal.SIGKILL)

            if on_start:
                on_start(end)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                late = True
            finally:
                end()
                process.wait()
            return Done(process.returncode, _read(out), _read(err), late)


def find(client: docker.DockerClient) -> Compose:
    """Compose for the engine of `client`. Raises NotHere where there is none."""
    host = host_of(client)
    found = _find(host) if host else None
    if found is None:
        raise NotHere(
            "This exercise is about Compose, and there is no `docker compose` of version 2.20 or newer here.",
            hint="Your answer wasn't looked at. Run: course doctor",
        )
    return found


@functools.cache
def _find(host: str) -> Compose | None:
    everything = {**os.environ, **cli_environment(Address(host, "DOCKER_HOST"))}
    program = shutil.which("docker", path=everything.get("PATH"))
    if program is None:
        return None
    environment = {name: everything[name] for name in _KEPT if name in everything} | _NO_NETWORK
    command = [program, "compose", "version", "--short"]
    with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=True, env=environment
        )
        if version_number(done.stdout.strip().removeprefix("v")) >= _OLDEST:
            return Compose(program, environment)
    return None


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_OUTPUT_MAX).decode("utf-8", "replace")

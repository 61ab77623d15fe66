"""Checks of this machine: Python and what is installed beside it, and the docker CLI."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from course.doctor.report import Check
from course.engine.address import Address
from course.engine.describe import version_number
from course.engine.embedded import cli_environment
from course.paths import paths

_COMMAND_SECONDS = 20
_ANYWHERE = Address("unix:///nowhere", "socket")  # `--version` asks no engine


def local() -> list[Check]:
    """What needs no engine."""
    return [python(), folders(), jupyterlab(), chromium()]


def tools() -> list[Check]:
    """The docker CLI and its plugins, asked all at once."""
    env = os.environ | cli_environment(_ANYWHERE)
    asks: tuple[Callable[[], Check], ...] = (
        lambda: tool("docker", ["docker", "--version"], env),
        lambda: buildx(env),
        lambda: compose(env),
    )
    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(lambda ask: ask(), asks))


def python() -> Check:
    """Whether this Python is new enough."""
    ok = sys.version_info >= (3, 11)
    hint = "" if ok else "Install Python 3.11 or newer."
    version = platform.python_version()
    return Check(
        "python", ok=ok, message=f"Python {version} on {platform.platform()}", hint=hint, value=version
    )


def folders() -> Check:
    """Whether the course's own folders can be written."""
    where = paths()
    for folder in (where.cache, where.data, where.run):
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not (existing.is_dir() and os.access(existing, os.W_OK)):
            return Check(
                "folders",
                ok=False,
                message=f"{folder} can't be written",
                hint="Set COURSE_HOME to a folder of your own, e.g. export COURSE_HOME=~/docker-course",
            )
    return Check("folders", ok=True, message=f"Cache {where.cache} · data {where.data} · sockets {where.run}")


def jupyterlab() -> Check:
    """Whether JupyterLab is installed beside the course."""
    try:
        version = importlib.metadata.version("jupyterlab")
    except importlib.metadata.PackageNotFoundError:
        return Check("jupyterlab", ok=False, message="JupyterLab is not installed", hint="Run: make lab")
    return Check("jupyterlab", ok=True, message=f"JupyterLab {version}", value=version)


def chromium() -> Check:
    """Whether a Chromium is there, for the browser tests alone."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found:
        return Check("chromium", ok=True, advisory=True, message=f"Chromium: {found}", value=found)
    return Check(
        "chromium",
        ok=False,
        advisory=True,
        message="No Chromium. Only the course's own browser tests need it",
        hint="Debian: sudo apt-get install chromium",
    )


def tool(name: str, command: list[str], env: dict[str, str]) -> Check:
    """Whether a program of the docker CLI answers to being asked for its version."""
    version = _output(command, env)
    if version:
        return Check(name, ok=True, message=version.splitlines()[0], value=version.splitlines()[0])
    return Check(
        name, ok=False, message=f"`{' '.join(command[:-1])}` is missing or doesn't run", hint=_tools_hint()
    )


def buildx(env: dict[str, str]) -> Check:
    """Whether buildx is there and reports a build as JSON (0.13, of 2024), as checks of exercises need it."""
    says = _output(["docker", "buildx", "version"], env)
    version = says.split()[1] if len(says.split()) > 1 else says  # "github.com/docker/buildx v0.29.1 abc123"
    if version_number(version) >= (0, 13):
        return Check("buildx", ok=True, message=f"Docker buildx {version}", value=version)
    message = f"buildx {version} is too old" if says else "`docker buildx` is missing or doesn't run"
    return Check("buildx", ok=False, message=message, hint=_tools_hint())


def compose(env: dict[str, str]) -> Check:
    """Whether Compose is the CLI's plugin, version 2 or newer. Version 1 is another, dead program."""
    version = _output(["docker", "compose", "version", "--short"], env)
    number = version_number(version)
    if number >= (2, 0):
        return Check("compose", ok=True, message=f"Docker Compose {version}", value=version)
    message = (
        f"Docker Compose {version} is too old" if version else "`docker compose` is missing or doesn't run"
    )
    return Check("compose", ok=False, message=message, hint=_tools_hint())


def _tools_hint() -> str:
    if sys.platform == "darwin":
        return "Docker Desktop brings it; else: brew install docker docker-buildx docker-compose"
    if sys.platform == "win32":
        return "Docker Desktop brings it."
    return "Run: course up   or install Docker's own: https://docs.docker.com/engine/install/"


def _output(command: list[str], env: dict[str, str]) -> str:
    program = shutil.which(command[0], path=env.get("PATH"))
    if program is None:
        return ""
    try:
        run = subprocess.run(
            [program, *command[1:]],
            env=env,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""

"""The docker command line with its plugins, buildx and Compose v2: the host's, else the unpacked ones."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from course.engine.address import Address
from course.engine.contexts import config_folder, read_config
from course.engine.embedded.packages import Unpacked, cached, ensure
from course.engine.find import find_engine
from course.errors import PackageError
from course.paths import paths
from course.steps import SILENT, Steps

PLUGINS = ("docker-buildx", "docker-compose")
# Where the CLI looks besides its configuration folder: docker/cli, cli-plugins/manager/manager_unix.go.
_SYSTEM_FOLDERS = (
    *("/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins"),
    *("/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins"),
)


def cli_environment(address: Address | None = None) -> dict[str, str]:
    """The variables with which `docker`, `docker buildx` and `docker compose` are found and reach the engine.

    To be merged: `os.environ | cli_environment()`. PATH and DOCKER_CONFIG are there only where the host
    lacks the CLI or a plugin and the course's cache has it. Without `address`, the engine is looked for.
    Raises NoEngine or EngineDenied when there is none.
    """
    return (address or find_engine()).environment() | _programs()


def missing() -> list[str]:
    """Which of docker, docker-buildx and docker-compose can be found neither on the host nor in the cache."""
    if _cache() is not None:
        return []
    return _missing_on_host()


def ensure_cli(steps: Steps = SILENT) -> None:
    """Fetches the docker CLI, buildx and Compose into the course's cache, if the host lacks one of them.

    Raises PackageError where that can't be done: not a Debian-like system, no mirror.
    """
    lacking = missing()
    if not lacking:
        return
    if not sys.platform.startswith("linux"):
        raise PackageError(
            f"Missing: {', '.join(lacking)}.",
            hint="Docker Desktop brings them; else: brew install docker docker-buildx docker-compose",
        )
    steps.note(f"Missing on this machine: {', '.join(lacking)}. Taking Debian's, into {paths().cache}")
    ensure("tools", steps)


def _programs() -> dict[str, str]:
    unpacked = _cache()
    if unpacked is None or not _missing_on_host():
        return {}
    return {"PATH": unpacked.search_path(), "DOCKER_CONFIG": str(_configuration(unpacked))}


def _cache() -> Unpacked | None:
    """The unpacked packages that have the plugins. (Debian 12's have not.)"""
    for kind in ("engine", "tools"):
        found = cached(kind)
        if found and all((found.plugins / name).exists() for name in PLUGINS):
            return found
    return None


def _missing_on_host() -> list[str]:
    config = config_folder()
    extra = read_config(config).get("cliPluginsExtraDirs") or []
    folders = [config / "cli-plugins", *map(Path, extra), *map(Path, _SYSTEM_FOLDERS)]
    lacking = [] if shutil.which("docker") else ["docker"]
    suffix = ".exe" if sys.platform == "win32" else ""
    return lacking + [
        name for name in PLUGINS if not any((folder / f"{name}{suffix}").exists() for folder in folders)
    ]


def _configuration(unpacked: Unpacked) -> Path:
    """A configuration folder for the CLI: the user's settings and logins, and where our plugins are.

    A copy, because the user's own must not change, and the CLI knows no other way to be told of plugins.
    """
    folder = paths().data / "docker-config"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = {} if config_folder() == folder else read_config(config_folder())
    settings.pop("currentContext", None)  # contexts stay in the user's folder; DOCKER_HOST names the engine
    settings["cliPluginsExtraDirs"] = [*(settings.get("cliPluginsExtraDirs") or []), str(unpacked.plugins)]
    text = json.dumps(settings, indent=2)
    file = folder / "config.json"
    if not file.exists() or file.read_text() != text:
        scratch = folder / f".config-{os.getpid()}.json"
        scratch.touch(mode=0o600)  # it may hold logins
        scratch.write_text(text)
        scratch.replace(file)
    return folder

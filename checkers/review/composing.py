"""A project's Compose file, as Compose itself resolves it: nothing is parsed here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import docker

from checkers.review.seen import Compose
from course.build.buildx import find

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""In the order in which Compose looks for them."""
_SECONDS = 30


class NoCompose(Exception):
    """There is no Compose to ask. The text says what is missing."""


def file_of(folder: Path) -> str:
    """The name of the Compose file that `docker compose` would take, "" if there is none."""
    return next((name for name in NAMES if (folder / name).is_file()), "")


def resolve(client: docker.DockerClient, folder: Path, name: str) -> Compose:
    """What `docker compose config` makes of it, in the folder itself: .env and the files that it names belong
    to it. Raises NoCompose."""
    text = (folder / name).read_text(encoding="utf-8-sig", errors="replace")
    cli = find(client)
    if cli is None:
        raise NoCompose("The Compose file was not looked at: there is no docker CLI. Run: course doctor")
    command = [
        cli.program,
        "compose",
        "--project-directory",
        str(folder),
        "--file",
        str(folder / name),
        "--profile",
        "*",
    ]
    try:
        done = subprocess.run(
            [*command, "config", "--format", "json"],
            env=cli.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoCompose(f"Compose didn't answer: {error}") from error
    if done.returncode:
        if "is not a docker command" in done.stderr or "unknown" in done.stderr.partition("\n")[0]:
            raise NoCompose("The Compose file was not looked at: there is no Compose v2. Run: course doctor")
        return Compose(name, text, error=done.stderr.strip() or f"exit code {done.returncode}")
    try:
        return Compose(name, text, json.loads(done.stdout))
    except ValueError as error:
        raise NoCompose(f"Compose's answer could not be read: {error}") from error

"""`course check` as a program of its own, and what such a check has in the engine."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker

from checkers.abandoned import ATTEMPT
from checkers.attempt import PROCESS
from course.engine.listing import list_images
from course.exercises import find

EXERCISE = find("03-first-dockerfile")
COURSE = [sys.executable, "-c", "from course.cli import main; main()"]


def course(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COURSE, *words], capture_output=True, text=True, timeout=100)


def slow(folder: Path) -> Path:
    """An answer whose build takes a minute."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(f"FROM busybox:1.37\nRUN : {uuid.uuid4()}; sleep 60\n")
    return folder


def made_by(client: docker.DockerClient, process: int) -> set[str]:
    """The containers and networks of that process's checks."""
    label = {"label": f"{PROCESS}={process}"}
    return {
        *(str(one["Id"]) for one in client.api.containers(all=True, filters=label)),
        *(str(one["Id"]) for one in client.api.networks(filters=label)),
    }


def tags_of(client: docker.DockerClient, made: set[str]) -> set[str]:
    """The images of the checks that made these containers and networks; their names begin alike."""
    names = {
        str(one["Labels"][ATTEMPT])
        for one in client.api.networks(filters={"label": ATTEMPT})
        if one["Id"] in made
    }
    tags = {tag for one in list_images(client.api) for tag in one["RepoTags"] or ()}
    return {tag for tag in tags if tag.partition(":")[0] in names}


def wait_for(true: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.1)
    return found

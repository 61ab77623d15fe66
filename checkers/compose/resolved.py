"""What a learner's Compose files mean: asked of Compose itself (`docker compose config`), so that anchors,
override files, profiles and variables are all carried out, and no spelling hides anything."""

from __future__ import annotations

import json
import re
from typing import Any

from checkers.attempt import Attempt
from checkers.compose import cli, reach
from checkers.compose.reach import NoProject
from course.errors import CourseError

Config = dict[str, Any]
_DEADLINE = 30.0
_LINE = re.compile(r"(?:yaml: )?line (\d+)")


def resolved(attempt: Attempt) -> Config:
    """The project as JSON, all paths absolute.

    Raises Refused and NoProject where the files are to blame.
    """
    folder = attempt.folder
    reach.check(folder)
    done = cli.find(attempt.client).run(
        "--project-name",
        attempt.name,
        "--project-directory",
        str(folder),
        "config",
        "--format",
        "json",
        folder=folder,
        timeout=_DEADLINE,
        on_start=attempt.can_cancel,
    )
    attempt.stop.check()
    if done.late:
        raise CourseError(f"`docker compose config` didn't end within {_DEADLINE:.0f} s.")
    if done.code != 0:
        line = _LINE.search(done.err)
        raise NoProject(
            "Compose doesn't accept the project.",
            hint="Its own words are the evidence. See them yourself: docker compose config",
            detail=done.err,
            file=reach.compose_files(folder)[-1].relative_to(folder).as_posix() if line else "",
            line=int(line[1]) if line else None,
        )
    found: Config = json.loads(done.out)
    if not found.get("services"):
        raise NoProject("The project has no services.", hint="They stand under `services:`.")
    return found


def environment(attempt: Attempt) -> dict[str, str]:
    """The variables of the folder's .env, as Compose reads them; for secrets and configs made of one."""
    done = cli.find(attempt.client).run(
        "--project-directory",
        str(attempt.folder),
        "config",
        "--environment",
        folder=attempt.folder,
        timeout=_DEADLINE,
        on_start=attempt.can_cancel,
    )
    pairs = (line.partition("=") for line in done.out.splitlines())
    return {name: value for name, _, value in pairs if name}

"""The app can write to its folder as the user that it runs as: in its image, and in a fresh volume there.

A new named volume gets what the image has at its place, owner and mode included; where the image has nothing,
the volume's folder is made by the engine, and root's. A bind mount gets nothing at all.
"""

from __future__ import annotations

import contextlib
import stat
import tarfile
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

from docker.errors import APIError

from checkers import http
from checkers.attempt import Attempt
from checkers.processes import processes
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running
from course.dockerfile import parse


def rules(
    port: int,
    folder: str,
    write: Callable[[str], str],
    read: Callable[[str], tuple[str, str]],
) -> tuple[Rule, ...]:
    """`write(nonce)` is the path whose GET makes the app keep the word; `read(nonce)` the path that gives it
    back, and what must stand in its answer. They go to a file below `folder`. The second rule has a container
    of its own, and runs beside what follows."""

    def rule(name: str, title: str, start: Callable[[Attempt], Running], where: str, *needs: str) -> Rule:
        def check(attempt: Attempt) -> Outcome:
            running, nonce = start(attempt), uuid.uuid4().hex[:8]
            answer = http.wait_for_answer(attempt, running, web.url(running, port, write(nonce)))
            if answer.status == 200:
                path, expected = read(nonce)
                answer = http.get_once(attempt, running, web.url(running, port, path))
                if answer.status == 200 and expected in answer.body:
                    return passed(f"The app keeps a word in {folder}{where}.")
            return _refused(attempt, running, folder, where, answer)

        return Rule(name, title, check, needs=("builds", "answers", *needs), apart=bool(where))

    return (
        rule("writes", f"The app can write to {folder}", web.start, ""),
        rule(
            "writes-volume",
            f"It can write to a new volume at {folder}",
            lambda attempt: with_volume(attempt, folder),
            ", in a volume that was empty before",
            "writes",
        ),
    )


def with_volume(attempt: Attempt, folder: str) -> Running:
    """The attempt's one container with a fresh volume at `folder`."""
    return attempt.once(
        f"volume at {folder}",
        lambda: attempt.run(attempt.build().tag, volumes={attempt.volume(): {"bind": folder, "mode": "rw"}}),
    )


def _refused(attempt: Attempt, running: Running, folder: str, where: str, answer: http.Answer) -> Outcome:
    if ending := running.ending():
        return web.gone(running, ending)
    found = processes(attempt, running)
    who = f"user {found[0].uids[1]}" if found else "its user"
    said = answer.error or f"{answer.status}: {answer.body.strip()[:200]}"
    return wrong(
        f"The app runs as {who} and could not keep a word in {folder}{where}.",
        "A new volume takes over what the image has at its place, its owner included. Where the image has "
        "nothing, the engine makes a folder, and root owns it."
        if where
        else "COPY and RUN make files that are root's, unless COPY is told --chown, or RUN runs chown.",
        misconception="M08",
        line=_line(attempt, folder),
        evidence=f"{folder} {owner(running, folder)}\nthe app answered {said}\n{running.logs()}",
    )


def _line(attempt: Attempt, folder: str) -> int | None:
    """The last line of the final stage that names the folder, else that of its USER, to point at."""
    text = (attempt.folder / "Dockerfile").read_text(encoding="utf-8-sig", errors="replace")
    found = parse(text)
    final = [one for one in found if one.stage == found[-1].stage]
    naming = [one.line for one in final if folder in one.args and one.keyword != "VOLUME"]
    users = [one.line for one in final if one.keyword == "USER"]
    return next(iter([*reversed(naming), *reversed(users)]), None)


def owner(running: Running, path: str) -> str:
    """Whose a path in a container is, as the engine's archive of it says: volumes are seen, too."""
    try:
        chunks, _ = running.container.get_archive(path)
        with (
            contextlib.closing(cast("Any", chunks)),
            tarfile.open(fileobj=BytesIO(next(chunks)), mode="r|") as archive,
        ):
            entry = archive.next()
    except (APIError, StopIteration, tarfile.TarError):
        return "is not in the container"
    if entry is None:
        return "is not in the container"
    kind = stat.S_IFDIR if entry.isdir() else stat.S_IFREG
    return f"belongs to user {entry.uid}, group {entry.gid}, {stat.filemode(kind | entry.mode)}"

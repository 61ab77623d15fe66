"""A password is a project's own secret: the database goes by it, and nobody reads it who only may ask the
engine or has the image. The checker puts a canary into the secret's file, which nobody could know before."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import APIError

from checkers.attempt import Attempt
from checkers.canary import Budget, Canary, TooMuchInside, search
from checkers.canary.documents import texts
from checkers.canary.look import look
from checkers.canary.secret import for_word
from checkers.compose.images import Image as Made
from checkers.compose.lines import place
from checkers.compose.project import Project, prepared, service_of, standing
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.rules.no_secrets import judge
from course.layers import Image

Knock = Callable[[Attempt, Project, str], str]
"""What the database of a project says to a password: "" where it opens, else its words."""
_MANY = 8  # places that a report shows
# Of what `docker inspect` shows of a container, by the key in a Compose file that it comes from.
_KEYS = {
    "Env": "environment", "Labels": "labels", "Cmd": "command", "Entrypoint": "entrypoint",
    "Path": "command", "Args": "command",
    "Healthcheck": "healthcheck", "Hostname": "hostname", "WorkingDir": "working_dir",
}  # fmt: skip
_FILE = "A secret comes as a file, /run/secrets/NAME, and only the file's name is told to the program."


@dataclass(frozen=True)
class _Place:
    """Where the canary was found, in words, and the keys that lead there in the Compose file."""

    where: str
    keys: tuple[str, ...]


def password_used(knock: Knock, file: str) -> Rule:
    """The database takes the password of `file`, which is the attempt's canary, and no other one."""

    def check(attempt: Attempt) -> Outcome:
        project, right = standing(attempt), for_word(attempt.word).value
        if words := knock(attempt, project, right):
            return wrong(
                f"The database doesn't take the password that stands in {file}. The checker wrote another "
                "one there, and everything should go by it.",
                "Who still has a password of their own: in the Compose file, or in an image?",
                evidence=words,
            )
        if not knock(attempt, project, f"no-{right}"):
            return wrong(
                "The database lets everybody in, with any password.",
                "Let it ask for a password, as it does unless it is told otherwise.",
            )
        return passed(f"The database goes by {file}.")

    return Rule("used", f"The password is the one in {file}", check, needs=("answers",))


def compose_secrets(*bases: str) -> tuple[Rule, Rule, Rule]:
    """The canary is in no image; in nothing that `docker inspect`, `docker top` and `docker compose config`
    show; in no log. `bases`: images whose layers are older than the canary, and aren't looked through."""

    def image(attempt: Attempt) -> Outcome:
        for service, one in prepared(attempt)[1].items():
            if one.built and (found := _in_image(attempt, service, one, bases)):
                return found
        return passed("The password is in no image.")

    def settings(attempt: Attempt) -> Outcome:
        project = standing(attempt)
        found = list(dict.fromkeys(_in_settings(project, for_word(attempt.word))))
        if not found:
            return passed("The password is in no variable, label, command or other setting.")
        first = found[0]
        return wrong(
            f"The password can be read {first.where}.",
            _FILE,
            misconception="M07" if {"environment", "args", "labels"} & set(first.keys[2:4]) else None,
            evidence="\n".join(one.where for one in found[:_MANY]),
            **place(attempt, *first.keys),
        )

    def log(attempt: Attempt) -> Outcome:
        canary = for_word(attempt.word)
        for one in standing(attempt).containers():
            if look(one.container.logs(), canary, Budget()) is not None:
                service = service_of(one)
                return wrong(
                    f"The password is in the log of {service}.",
                    f"`docker compose logs {service}` shows it, and so does every place where logs are kept. "
                    "What makes the program print it?",
                    **place(attempt, "services", service),
                )
        return passed("The password is in no log.")

    return (
        # It takes a while, and needs nothing of what the others look at: the project starts meanwhile.
        Rule("image", "The password is in no image", image, needs=("builds",), apart=True),
        Rule("settings", "The password is in no variable, label or command", settings, needs=("used",)),
        Rule("log", "The password is in no log", log, needs=("used",)),
    )


def _in_settings(project: Project, canary: Canary) -> Iterator[_Place]:
    """In what the engine shows of the containers, then in what Compose shows of the project."""
    for one in project.containers():
        service, record = service_of(one), one.inspect()
        at = ("services", service)
        for way in _given_away({**record, "Config": {}, **record["Config"]}, canary):
            what = ", ".join((way[0], *way[1:2])) if way[0] == "Labels" else way[0]
            key = _KEYS.get(way[0], way[0].lower())
            yield _Place(f"in what docker inspect shows of {service} ({what})", (*at, key))
        with contextlib.suppress(APIError):  # it has ended, or the engine's machine has no ps
            for _ in _given_away(dict(one.container.top()), canary):
                yield _Place(f"on a command line that docker top shows of {service}", (*at, "command"))
    for way in _given_away(project.config, canary):
        yield _Place(f"in docker compose config ({'.'.join(way)})", way)


def _given_away(said: Any, canary: Canary) -> Iterator[tuple[str, ...]]:
    """The way to each text of a document that gives the canary away, names among them: its names alone."""
    if look(json.dumps(said).encode(), canary, Budget()) is None:  # of most documents no text has it
        return
    for way, text in texts(said):
        if look(text.encode("utf-8", "surrogatepass"), canary, Budget()) is not None:
            yield tuple(one for one in way if isinstance(one, str))


def _in_image(attempt: Attempt, service: str, image: Made, bases: tuple[str, ...]) -> Outcome | None:
    """What is wrong with a service's image; None where it keeps nothing."""
    file, canary = _dockerfile(attempt, service), for_word(attempt.word)
    text = (attempt.text(file) if file else "") or ""

    def read() -> Image:
        return attempt.read(image.tag, text)

    try:
        found = search(attempt.client, image.tag, canary, bases, read)
    except TooMuchInside as error:
        return wrong(
            f"The image of {service} can't be looked through: {error}.",
            "What the service needs is small. Leave out what was packed or made for something else.",
        )
    if not found:
        return None
    return dataclasses.replace(judge(read(), found, text, canary.value), file=file)


def _dockerfile(attempt: Attempt, service: str) -> str:
    """The Dockerfile's path in the folder; "" where it stands in the Compose file itself."""
    build = prepared(attempt)[0]["services"][service].get("build") or {}
    if not build or build.get("dockerfile_inline"):
        return ""
    path = Path(str(build.get("context") or attempt.folder)) / str(build.get("dockerfile") or "Dockerfile")
    return path.relative_to(attempt.folder).as_posix() if path.is_relative_to(attempt.folder) else ""

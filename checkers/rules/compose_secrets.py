"""A password reaches the services that need it, and nobody else: it is in no variable, label, command, image
or log. The checker puts a password of its own into the secret's file, which nobody could know before."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

from checkers.attempt import Attempt
from checkers.compose.lines import place
from checkers.compose.project import Project, service_of, standing
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.rules.leftovers import opened

Opens = Callable[[Attempt, Project, str], bool]
"""Whether a password opens the database of a project."""


def password_used(password: Callable[[str], str], opens: Opens, file: str) -> Rule:
    """The database takes the password of `file`, which is `password(word)`, and no other one."""

    def check(attempt: Attempt) -> Outcome:
        project, right = standing(attempt), password(attempt.word)
        if not opens(attempt, project, right):
            return wrong(
                f"The database doesn't take the password that stands in {file}. The checker wrote another "
                "one there, and everything should go by it.",
                "Who still has a password of their own: in a variable, in .env, in the image?",
                misconception="M11",
                evidence=project.story(),
            )
        if opens(attempt, project, f"no-{right}"):
            return wrong(
                "The database lets everybody in, with any password.",
                "Let it ask for the password of the file.",
            )
        return passed(f"The database goes by {file}.")

    return Rule("used", f"The password is the one in {file}", check, needs=("answers",))


def compose_secrets(password: Callable[[str], str]) -> Rule:
    """The password is nowhere that `docker inspect`, `docker history` and `docker logs` show, nor in a file
    of an image."""

    def check(attempt: Attempt) -> Outcome:
        project, canary = standing(attempt), password(attempt.word)
        for service, where, hint in _places(attempt, project, canary):
            return wrong(
                f"The password is in {where} of {service}.",
                hint,
                misconception="M07",
                **place(attempt, "services", service),
            )
        return passed("The password is in no variable, label, command, image or log.")

    return Rule("secret", "The password is in no variable, image or log", check, needs=("used",))


def spellings(canary: str) -> tuple[bytes, ...]:
    """The password as it is, and packed so that a reader doesn't see it."""
    plain = canary.encode()
    packed = [_whole_groups(b"x" * shift + plain, 3 if shift else 0) for shift in range(3)]
    return tuple(dict.fromkeys((plain, plain.hex().encode(), quote(canary).encode(), plain[::-1], *packed)))


def _whole_groups(text: bytes, start: int) -> bytes:
    """Base64 of the part that doesn't depend on its surroundings: three bytes are four letters."""
    return base64.b64encode(text[start : len(text) // 3 * 3])


def _places(attempt: Attempt, project: Project, canary: str) -> Iterator[tuple[str, str, str]]:
    """Where it is: service, place, what to do instead."""
    wanted = spellings(canary)
    for one in project.containers():
        service, config = service_of(one), one.inspect()["Config"]
        for key, what in (
            ("Env", "a variable"),
            ("Cmd", "the command"),
            ("Entrypoint", "the entrypoint"),
            ("Labels", "a label"),
            ("Healthcheck", "the health check"),
        ):
            if _in(json.dumps(config.get(key)).encode(), wanted):
                yield (
                    service,
                    what,
                    "`docker inspect` shows it to everybody who may ask the engine. A secret is mounted as "
                    "a file, and only the file's name is told: /run/secrets/NAME.",
                )
        if _in(one.container.logs(), wanted):
            yield service, "the log", "Whoever reads the logs has it. Don't print it."
    for service, image in project.images.items():
        if not image.built:
            continue
        history = attempt.client.api.history(image.tag)  # type: ignore[no-untyped-call]
        if _in(json.dumps([image.config, history]).encode(), wanted):
            yield service, "the image's history or settings", "ARG and ENV stay in the image for ever."
        if path := next(
            (path for path, _, file in opened(attempt, image.tag) if _in(file.read(), wanted)), ""
        ):
            yield (
                service,
                f"a file of the image, /{path},",
                "COPY it into no image: name it in .dockerignore.",
            )


def _in(data: bytes, wanted: tuple[bytes, ...]) -> bool:
    return any(one in data for one in wanted)

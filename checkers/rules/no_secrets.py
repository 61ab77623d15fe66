"""A secret that the build is given was used, and is left nowhere in the image.

The checker hands a canary of the attempt's own to the build, in each way that a Dockerfile could ask for it,
and then looks through all that the image consists of (`checkers.canary`), the hidden layers too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checkers import http
from checkers.attempt import Attempt, Built
from checkers.canary import Find, TooMuchInside, search
from checkers.canary.secret import for_word
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running
from checkers.shorten import short_path
from course.archive import read_image
from course.dockerfile import parse
from course.layers import Image

_MANY = 8  # places that a report shows
# What of an image's configuration comes from which instruction.
_INSTRUCTION = {
    "Env": "ENV", "Labels": "LABEL", "Cmd": "CMD", "Entrypoint": "ENTRYPOINT", "Healthcheck": "HEALTHCHECK",
    "User": "USER", "WorkingDir": "WORKDIR", "ExposedPorts": "EXPOSE", "Volumes": "VOLUME", "Shell": "SHELL",
    "StopSignal": "STOPSIGNAL", "OnBuild": "ONBUILD",
}  # fmt: skip


@dataclass(frozen=True)
class Handed:
    """How the secret gets into the build: as a build secret of that id, and as a build argument. `base` is
    the image whose layers were there before the secret was."""

    secret: str
    argument: str
    base: str

    def build(self, attempt: Attempt) -> Built:
        """The image, built with the attempt's canary."""
        value = for_word(attempt.word).value
        arguments = {self.argument: value} if self.argument else {}
        return attempt.build(secrets={self.secret: value}, buildargs=arguments)

    def start(self, attempt: Attempt) -> Running:
        """The attempt's one container of that image. It is given no secret."""
        return attempt.once("app with a secret", lambda: attempt.run(self.build(attempt).tag))


def used(handed: Handed, port: int, path: str, what: str) -> Rule:
    """GET `path` gives what only who had the secret can have made: `Canary.proof` of the attempt's word."""

    def check(attempt: Attempt) -> Outcome:
        running = handed.start(attempt)
        answer = http.get_once(attempt, running, web.url(running, port, path))
        if for_word(attempt.word).proof(attempt.word) in answer.body:
            return passed(f"GET {path} gives {what}.")
        return wrong(
            f"GET {path} doesn't give {what}.",
            "Only the build can get it, with the token that it is given. Does that step run, and is what it "
            "writes in the final image?",
            evidence=f"answered {answer.body.strip()[:200] or answer.error}",
        )

    return Rule("used", f"The build got {what} with the secret", check, needs=("builds", "answers"))


def rules(handed: Handed) -> tuple[Rule, Rule]:
    """The canary is in no document of the image, and in none of its layers."""

    def documents(attempt: Attempt) -> Outcome:
        return _judged(attempt, handed, lambda one: one.layer is None, "its configuration and its history")

    def layers(attempt: Attempt) -> Outcome:
        return _judged(attempt, handed, lambda one: one.layer is not None, "its layers")

    return (
        Rule("documents", "The secret is in no setting and no history", documents, needs=("builds",)),
        Rule("layers", "The secret is in no layer", layers, needs=("builds",)),
    )


def _judged(attempt: Attempt, handed: Handed, wanted: Callable[[Find], bool], where: str) -> Outcome:
    try:
        found = [one for one in _found(attempt, handed) if wanted(one)]
    except TooMuchInside as error:
        return wrong(
            f"The image can't be looked through: {error}.",
            "What the app needs is small. Leave out what was packed or made for something else.",
        )
    if not found:
        return passed(f"The secret is nowhere in {where}.")
    return judge(
        _image(attempt, handed), found, attempt.text("Dockerfile") or "", for_word(attempt.word).value
    )


def judge(image: Image, found: Sequence[Find], dockerfile: str, secret: str) -> Outcome:
    """What to say of the places where `secret` was found: the first that a container shows, else the first.
    The report itself doesn't tell it."""
    first = min(found, key=lambda one: one.hidden)
    said, hint, misconception = _explained(first, secret)
    return wrong(
        said,
        hint,
        misconception=misconception,
        line=_line(first, image, dockerfile),
        evidence="\n".join(_shown(one, image, secret) for one in found[:_MANY])
        + (f"\nand {len(found) - _MANY} places more" if len(found) > _MANY else ""),
    )


def _explained(one: Find, secret: str) -> tuple[str, str, str | None]:
    how = "" if not one.wrapped else f", as {one.how}"
    if one.document == "history":
        return (
            f"The image's history tells the secret{how}: `docker history --no-trunc` shows it to whoever has "
            "the image.",
            "The value of a build argument is written down with each step that runs after its ARG. A secret "
            "mount is given to one step, and written down nowhere.",
            "M07",
        )
    if one.document == "configuration":
        return (
            f"The image's configuration tells the secret{how}, in {one.where}: `docker inspect` shows it to "
            "whoever has the image.",
            "What ENV, LABEL and the like say is part of the image. A secret mount gives it to one step, as "
            "a file or, with env=, as a variable.",
            "M07",
        )
    if one.layer is None:
        return (
            f"A document beside the image tells the secret{how}.",
            "It is sent with the image to whoever pulls it. Hand the secret over as a secret mount.",
            "M07",
        )
    path = short_path(one.path.replace(secret, "****"))
    if one.hidden:
        return (
            f"The secret can be read in the image{how}: a later layer hides {path}, and the layer below "
            "still has it.",
            "A layer is never changed again. Don't let the file get into one: leave it out of the build "
            "context, or remove it in the very RUN that writes it.",
            "M06",
        )
    return (
        f"The secret is in {path}{how}: {one.where}.",
        "What a RUN writes and a COPY brings is in the image. Does a tool remember how it logged in? Does "
        "COPY take more than the app needs?",
        None,
    )


def _line(one: Find, image: Image, dockerfile: str) -> int | None:
    if one.layer is not None:
        return one.layer.line
    if one.index is not None and one.index < len(image.history):
        return image.history[one.index].line
    keyword = _INSTRUCTION.get(one.where)
    lines = [found.line for found in parse(dockerfile) if found.keyword == keyword]
    return lines[-1] if lines else None


def _shown(one: Find, image: Image, secret: str) -> str:
    def said(instruction: str) -> str:
        return instruction.replace(secret, "****")[:40]

    if one.layer is not None:
        hidden = ", hidden later" if one.hidden else ""
        by = f", by {said(one.layer.instruction)}" if one.layer.instruction else ""
        path = short_path(one.path.replace(secret, "****"))
        return f"layer {one.layer.index + 1}: {path}, {one.where}, {one.how}{by}{hidden}"
    if one.index is not None and one.index < len(image.history):
        return f"history: {one.where} of {said(image.history[one.index].instruction)}, {one.how}"
    return f"{short_path(one.document)}: {one.where}, {one.how}"


def _image(attempt: Attempt, handed: Handed) -> Image:
    tag, text = handed.build(attempt).tag, attempt.text("Dockerfile") or ""
    return attempt.once("image with a secret", lambda: read_image(attempt.client, tag, dockerfile=text))


def _found(attempt: Attempt, handed: Handed) -> tuple[Find, ...]:
    """Where the canary is. The layers of the base image are older than it."""
    tag, canary = handed.build(attempt).tag, for_word(attempt.word)
    return attempt.once(
        "places of a secret",
        lambda: search(attempt.client, tag, canary, [handed.base], lambda: _image(attempt, handed)),
    )

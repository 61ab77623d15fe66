"""docker build, tag, push, pull, rmi: of images that the script makes, and of the task's own."""

from __future__ import annotations

import posixpath
import secrets
from typing import Any

from docker.errors import APIError, NotFound

from checkers.command.conversation import HOME, Call
from checkers.command.doing.each import each
from checkers.command.stage import Says, Stage, full
from checkers.command.words import Refused, Step


def build(stage: Stage, call: Call, step: Step) -> int:
    """docker build, of the learner's files as they were when the check began."""
    for option in ("file", "platform", "no-cache", "pull"):
        if option in step.options:
            raise Refused(f"docker build --{option} is not for this task.", hint="Leave it out.")
    path = posixpath.normpath(posixpath.join(call.folder, step.words[0]))
    if path != HOME and not path.startswith(f"{HOME}/"):
        raise Refused(f"{step.words[0][:60]} is no folder of the exercise.", hint="docker build -t NAME .")
    arguments = dict(one.partition("=")[::2] for one in step.options.get("build-arg", ()))
    built = stage.attempt.build(
        folder=stage.attempt.folder / posixpath.relpath(path, HOME),
        buildargs=arguments,
        target=step.last("target"),
    )
    for tag in step.options.get("tag", ()):
        _tag(stage, built.tag, tag)
    if step.on("quiet"):
        call.out(f"{stage.attempt.client.images.get(built.tag).id}\n".encode())
    return 0


def tag(stage: Stage, call: Call, step: Step) -> int:
    """docker tag."""
    _tag(stage, stage.image(step.words[0]), step.words[1])
    return 0


def _tag(stage: Stage, real: str, name: str) -> None:
    if "@" in name:
        raise Says(f"Error parsing reference: refusing to create a tag with a digest reference: {name[:128]}")
    wanted = full(name)
    stage.room_for_one_more("tag", stage.tags)
    new = stage.hosted(wanted) or f"{stage.attempt.name}-tag:{secrets.token_hex(6)}"
    stage.attempt.own_tag(new)
    repository, _, last = new.rpartition(":")
    try:
        stage.attempt.client.api.tag(real, repository, last, force=True)
    except NotFound as error:
        raise Says(f"Error response from daemon: No such image: {name[:128]}") from error
    except APIError as error:
        raise Says(f"Error parsing reference: {name[:128]!r} is not a valid repository/tag") from error
    stage.tags[wanted] = new
    stage.called(new, wanted)


def push(stage: Stage, call: Call, step: Step) -> int:
    """docker push, to the task's registry only."""
    wanted = full(step.words[0])
    if not stage.hosted(wanted):
        raise Refused(
            f"{step.words[0][:80]} doesn't name the registry of this task.",
            hint="What stands before the first slash of a name is the registry's address.",
        )
    if wanted not in stage.tags:
        raise Says(f"An image does not exist locally with the tag: {wanted.rpartition(':')[0]}")
    repository, _, last = stage.tags[wanted].rpartition(":")
    _told(stage, call, stage.attempt.client.api.push(repository, last, stream=True, decode=True))
    return 0


def pull(stage: Stage, call: Call, step: Step) -> int:
    """docker pull: from the task's registry; what is here of the task's own images is up to date."""
    wanted = full(step.words[0])
    hosted = stage.hosted(wanted)
    if not hosted:
        stage.image(step.words[0])
        call.out(f"Image is up to date for {wanted}\n".encode())
        return 0
    stage.attempt.own_tag(hosted)
    _told(stage, call, stage.attempt.client.api.pull(hosted, stream=True, decode=True))
    stage.tags[wanted] = hosted
    stage.called(hosted, wanted)
    return 0


def _told(stage: Stage, call: Call, lines: Any) -> None:
    for line in lines:
        if "error" in line:
            raise Says(stage.shown(str(line["error"])))
        if status := line.get("status"):
            identity = f"{line['id']}: " if line.get("id") else ""
            if not line.get("progressDetail"):
                call.out(f"{identity}{stage.shown(status)}\n".encode())


def rm(stage: Stage, call: Call, step: Step) -> int:
    """docker rmi: of the names that the script gave."""

    def remove(word: str) -> None:
        stage.not_others(word)
        name = full(word)
        if name in stage.images and name not in stage.tags:
            raise Refused(f"{word[:80]} belongs to the task.", hint="Remove what you made.")
        if name not in stage.tags:
            raise Says(f"Error response from daemon: No such image: {word[:128]}")
        stage.attempt.client.api.remove_image(stage.tags.pop(name), force=step.on("force"))

    return each(stage, call, step.words, remove, force=step.on("force"))


DOERS = {
    "image build": build,
    "image tag": tag,
    "image push": push,
    "image pull": pull,
    "image rm": rm,
}

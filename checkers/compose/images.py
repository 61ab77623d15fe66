"""The image of each service: built from the learner's folder within the limits, or one of the course."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from checkers.attempt import Attempt
from checkers.building import What
from checkers.compose.lines import place
from checkers.compose.reach import Refused
from checkers.compose.resolved import Config
from course.errors import BuildError, ImageNotFound
from course.images import catalogue

_INLINE = ".course.Dockerfile"


@dataclass(frozen=True)
class Image:
    """What a service runs."""

    tag: str
    built: bool  # from the learner's folder
    config: dict[str, Any] = field(hash=False)  # as the engine has it: Entrypoint, Volumes, Healthcheck, …


class NotBuilt(BuildError):
    """A service's image can't be built. The line is of its Dockerfile."""

    file: str = ""


def images(attempt: Attempt, config: Config) -> dict[str, Image]:
    """Service → image. A service may name what another one builds.

    Raises NotBuilt and Refused where the answer is to blame, ImageNotFound where the engine lacks an image
    of the course.
    """
    services: Config = config["services"]
    tags = {
        name: _built(attempt, name, service["build"])
        for name, service in services.items()
        if service.get("build")
    }
    by_name = {str(services[name].get("image")): tag for name, tag in tags.items()}
    found = {}
    for name, service in services.items():
        tag = tags.get(name) or by_name.get(str(service.get("image")))
        name_of = tag or _of_the_course(attempt, name, service)
        found[name] = Image(name_of, bool(tag), _config_of(attempt, name, name_of))
    return found


def _built(attempt: Attempt, name: str, build: Config) -> str:
    context = Path(str(build.get("context") or attempt.folder))
    dockerfile = str(build.get("dockerfile") or "Dockerfile")
    if inline := build.get("dockerfile_inline"):
        dockerfile = f"{name}{_INLINE}"
        (context / dockerfile).write_text(_unescaped(inline))
    arguments = {
        key: _unescaped(value) for key, value in (build.get("args") or {}).items() if value is not None
    }
    what = What(
        context,
        dict(sorted(arguments.items())),
        target=str(build.get("target") or ""),
        dockerfile=dockerfile,
    )
    try:
        return attempt.build_what(what).tag
    except BuildError as error:
        told = NotBuilt(
            f"{name}: {error}",
            hint=error.hint,
            detail=error.detail,
            line=None if build.get("dockerfile_inline") else error.line,
        )
        told.file = (context / dockerfile).relative_to(attempt.folder).as_posix()
        raise told from error


def _of_the_course(attempt: Attempt, name: str, service: Config) -> str:
    """The name of an image of the catalogue, which is all that a check starts."""
    asked = str(service.get("image") or "")
    short = asked.removeprefix("docker.io/").removeprefix("library/")
    known = {image.name for image in catalogue()}
    if short in known:
        return short
    where = place(attempt, "services", name, "image")
    alike = sorted(one for one in known if one.split(":")[0] == short.split(":")[0].split("@")[0])
    raise Refused(
        f"{name}: a check starts only images that are built from the folder, and the course's base images; "
        f"{asked or 'no image'} is none of them.",
        hint=f"Did you mean {' or '.join(alike)}?" if alike else "The course's own: course images list",
        file=where.get("file", ""),
        line=where.get("line"),
    )


def _config_of(attempt: Attempt, service: str, tag: str) -> Config:
    try:
        return dict(attempt.client.images.get(tag).attrs.get("Config") or {})
    except docker.errors.ImageNotFound as error:
        raise ImageNotFound(
            f"The engine doesn't have {tag}, which the service {service} runs.",
            hint=f"Run: course images pull {tag}",
        ) from error


def _unescaped(value: object) -> str:
    """A text of the resolved project as it is meant: there, `$$` is a dollar sign."""
    return str(value).replace("$$", "$")

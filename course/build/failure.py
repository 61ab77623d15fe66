"""Turns the last message of a failed build into the error that fits, with the line where it is known."""

from __future__ import annotations

import re
from typing import Any

from course.build.place import base_line, excerpt, line_of, takes_from
from course.dockerfile import parse, stages
from course.errors import BuildError, ContextError, DockerfileError, EngineRefused, EngineTooOld, StepFailed
from course.trace import Build, Vertex

_PARSE = re.compile(r"dockerfile parse error(?: on)? line (\d+): (.*)", re.DOTALL)
_EXIT = re.compile(r"exit code: (\d+)")
_NO_FILE = re.compile(r'"?(?P<path>/[^"]*?)"?(?: not found)?: not found$')  # 20.10 says it twice
_BASE = re.compile(
    r"(?:\[internal\] load metadata for|resolve image config for(?: docker-image://)?) ?(?:docker-image://)?(?P<image>\S+)"
)
_LOG_LINES = 30  # npm's usage errors have 26 lines, and the reason stands in the first ones


def failed(message: dict[str, Any], build: Build) -> Exception:
    """The error for `message`, an object with "error" (and "errorDetail") from the build stream."""
    words = str((message.get("errorDetail") or {}).get("message") or message["error"]).strip()
    if place := _PARSE.search(words):
        return DockerfileError(
            f"Line {place[1]} of the Dockerfile: {place[2].strip()}",
            hint="Mend that line.",
            detail=excerpt(_text(build), int(place[1])),
            line=int(place[1]),
        )
    if "failed to read downloaded context" in words:  # moby/moby#47717: 26.1 with the containerd store
        return EngineTooOld(
            "This engine cannot build from a tar with the containerd image store.",
            hint="Use Engine 27 or newer, or turn the containerd store off.",
            detail=words,
        )
    errors = [vertex for vertex in reversed(build.vertices) if vertex.error]
    # What runs beside the failed step is cancelled, which is an error of its own, and not the reason.
    errors.sort(key=lambda vertex: "context canceled" in vertex.error)
    culprit = errors[0] if errors else None
    if culprit is None:
        return _too_early(words, build) or _without_vertex(words, build)
    if base := _BASE.match(culprit.name):
        return _no_base(base["image"], culprit.error, _text(build))
    if "no active sessions" in culprit.error:
        return _needs_session(culprit, build)
    tail = "\n".join(culprit.log.splitlines()[-_LOG_LINES:])
    where = f"Line {culprit.line}: " if culprit.line else ""
    what = culprit.instruction or culprit.name
    if exit_code := _EXIT.search(culprit.error) or _EXIT.search(words):
        return StepFailed(
            f"{where}{what} ended with exit code {exit_code[1]}.",
            hint="The end of its log says why.",
            detail=tail,
            line=culprit.line,
            exit_code=int(exit_code[1]),
        )
    if missing := _NO_FILE.search(culprit.error):
        return StepFailed(
            f"{where}{what}: {missing['path']} is not in the build context or stage it is copied from.",
            hint="Paths count from the context's folder; .dockerignore may leave the file out.",
            detail=culprit.error,
            line=culprit.line,
        )
    return StepFailed(f"{where}{what} failed.", detail=tail or culprit.error, line=culprit.line)


def _needs_session(culprit: Vertex, build: Build) -> Exception:
    what = "an SSH agent" if "type=ssh" in (culprit.instruction or "") else "a secret"
    option = "--ssh default" if "type=ssh" in (culprit.instruction or "") else "--secret id=ID,src=FILE"
    tag = build.given.tag if build.given and build.given.tag else "TAG"
    where = f"Line {culprit.line} mounts" if culprit.line else "A step mounts"
    return BuildError(
        f"{where} {what}. That is handed over by a session, which only the docker CLI opens.",
        hint=f"Run: docker buildx build {option} -t {tag} DIR",
        detail=culprit.error,
        line=culprit.line,
    )


def _text(build: Build) -> str:
    return build.given.dockerfile if build.given else ""


def _no_base(image: str, words: str, text: str) -> Exception:
    name = image.removeprefix("docker.io/").removeprefix("library/")
    if name.startswith("docker/dockerfile"):
        return DockerfileError(
            f"The line `# syntax={name}` asks a registry for a Dockerfile frontend, which it did not give.",
            hint="Remove the line: the engine's own frontend is used then.",
            detail=words,
            line=1,
        )
    line = base_line(name, text)
    if line is None and (line := takes_from(name, text)):
        stage = name.removesuffix(":latest")
        return BuildError(
            f"Line {line} takes files from {stage}. No stage above it has this name, and no image {name} "
            "is in this engine or could be pulled.",
            hint=f"{_stages(text)} A stage gets its name by FROM … AS NAME.",
            detail=words,
            line=line,
        )
    where = f"Line {line}: the" if line else "The"
    return BuildError(
        f"{where} base image {name} is not in this engine, and could not be pulled.",
        hint="Check its name and tag, or run: course images list",
        detail=words,
        line=line,
    )


def _too_early(words: str, build: Build) -> Exception | None:
    """The error for an instruction before the first FROM: BuildKit gives no line for it."""
    first = next((one for one in parse(_text(build)) if one.keyword != "ARG"), None)
    if first is None or first.keyword == "FROM":
        return None
    return DockerfileError(
        f"Line {first.line}: {first.keyword} stands before any FROM: there is nothing yet to work on.",
        hint="Only ARG may stand above the first FROM.",
        detail=words,
        line=first.line,
    )


def _without_vertex(words: str, build: Build) -> Exception:
    text = _text(build)
    if "target stage" in words:
        return DockerfileError(f"The build failed: {words}.", hint=_stages(text))
    if "dockerfile" in words.lower():
        return DockerfileError(words)
    if "no such file" in words or "not found" in words:
        return ContextError(words)
    if not words:
        return EngineRefused(words)
    if line := line_of(words, text):
        return DockerfileError(
            f"Line {line} of the Dockerfile: {words}",
            hint="Mend that line.",
            detail=excerpt(text, line),
            line=line,
        )
    return BuildError(
        f"The build failed: {words}",
        hint="The engine names no line to this client. It does to: docker buildx build DIR",
    )


def _stages(text: str) -> str:
    named = ", ".join(stages(text))
    return f"The stages here: {named}." if named else "No stage here has a name."

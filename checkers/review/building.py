"""Builds a project, opens the image, and builds it again after an edit of its code."""

from __future__ import annotations

import contextlib
import io
import re
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from docker.errors import NotFound

from checkers.attempt import Built
from checkers.folder import put, read_text
from checkers.review import secrets
from checkers.review.edit import choose, edit
from checkers.review.project import Project
from checkers.review.reading import final_base
from checkers.review.seen import Base, Seen
from checkers.rules.hidden_bytes import layers_of
from course.archive import read_image
from course.engine.labels import STAND_IN
from course.errors import BuildError
from course.layers import Image
from course.trace import compare

_SYNTAX = re.compile(r"^(\s*#)(\s*syntax\s*=\s*)(\S+)", re.IGNORECASE)
_FILES, _BYTES = 24, 16 * 1024 * 1024  # that are read from an image
NPM_LIST = "node_modules/.package-lock.json"
"""What npm 7 and newer write about the packages that they installed."""


def build(project: Project) -> Built:
    """The image. Raises as Attempt.build does.

    Where no registry can be asked for the frontend that a `# syntax=` line names, the engine's own builds.
    """
    try:
        return project.build_what(project.what())
    except BuildError as error:
        text = read_text(project.place, project.asked.dockerfile) or ""
        syntax = _SYNTAX.match(text)
        if syntax is None or syntax[3] not in f"{error} {error.detail}":
            raise
        project.steps.note("The frontend of the # syntax= line can't be had; the engine's own builds.")
        plain = _SYNTAX.sub(r"\1 without\2\3", text, count=1)
        put(project.place, {project.asked.dockerfile: plain.encode()})
        return project.build_what(project.what(), "without syntax")


def opened(project: Project, built: Built, seen: Seen) -> Seen:
    """What is in the image, and how it starts."""
    client, asked = project.client, project.asked
    with project.steps.step("Read its layers"):
        image = read_image(client, built.tag, dockerfile=seen.text)
    history: Any = client.api.history(built.tag)  # type: ignore[no-untyped-call]
    base = final_base(seen.text, asked.buildargs, asked.target)
    below = _below(project, base, image)
    return replace(
        seen,
        build=built.build,
        image=image,
        below=below,
        config=client.images.get(built.tag).attrs["Config"],
        history=tuple(str(step["CreatedBy"]) for step in history),
        bases=tuple(replace(one, digest=_digest(project, built, one)) for one in seen.bases),
        files=dict(_read(project, built.tag, _wanted(image, below))),
    )


def rebuilt(project: Project, built: Built, seen: Seen) -> Seen:
    """What a build does again after an edit of a source file; the same where there is none to edit."""
    path = choose(seen.context)
    if not path:
        return seen
    content = edit(path, (project.place / path).read_bytes(), uuid.uuid4().hex[:8])
    project.steps.note(f"{path} is edited in the copy, and the copy built again.")
    after = project.build_what(project.what(project.variant("edited", {path: content})))
    return replace(seen, edited=path, story=compare(built.build, after.build))


def _below(project: Project, base: str, image: Image) -> int:
    """How many of its layers are the base's. A base that was only pulled for the build is no image of the
    engine; then the first layer with a line is the first of the project's own."""
    if not base:
        return 0
    with contextlib.suppress(NotFound):
        return layers_of(project.client, base, image)
    return next((layer.index for layer in image.layers if layer.line), len(image.layers))


def _digest(project: Project, built: Built, base: Base) -> str:
    """What the base's tag stands for: as the build looked it up, or the engine pulled it; "" if neither."""
    pulled: list[str] = []
    with contextlib.suppress(NotFound):
        image = project.client.images.get(base.name)
        if STAND_IN in image.labels:  # its digest is known to nobody else
            return ""
        pulled = [one.partition("@")[2] for one in image.attrs.get("RepoDigests") or ()]
    name = re.escape(base.name.rpartition("/")[2])
    for step in built.build.steps:
        if match := re.search(rf"FROM \S*\b{name}@(sha256:[0-9a-f]{{64}})", step.instruction or ""):
            return match[1]
    return next(iter(pulled), "")


def _wanted(image: Image, below: int) -> Iterator[str]:
    """The files of the project's own layers that are worth reading, as far as a container sees them."""
    for layer in image.layers[below:]:
        for entry in layer.entries:
            node = image.tree.get(entry.path)
            if entry.kind != "file" or node is None or node.layer != layer.index:
                continue
            lists_packages = entry.path.endswith(NPM_LIST) and entry.path.count("node_modules") == 1
            if lists_packages or (entry.size <= secrets.LARGEST and secrets.is_holder(entry.path)):
                yield entry.path


def _read(project: Project, tag: str, paths: Iterator[str]) -> Iterator[tuple[str, bytes]]:
    container, left = None, _BYTES
    for path, _ in zip(paths, range(_FILES), strict=False):
        container = container or project.create(tag, ["-"])  # never started
        pieces, about = container.get_archive(f"/{path}")
        if (left := left - int((about or {}).get("size") or 0)) < 0:
            return
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
            for entry in archive:
                if file := archive.extractfile(entry):
                    yield path, file.read()

"""The cache playground's builds: real ones, whose images go as soon as they are there."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import docker
from docker.errors import APIError

from course.build import build
from course.engine.labels import made_image
from course.trace import Build
from course.widgets.playground import Playground

_LONGEST = 300  # seconds of one build


def playground(
    connected: Callable[[], docker.DockerClient], dockerfile: str, files: Mapping[str, str], edit: str
) -> Playground:
    """The widget, over the engine that `connected` gives."""
    tag = f"course-playground:{uuid.uuid4().hex[:8]}"

    def run(
        folder: Path,
        *,
        on_update: Callable[[Build], None],
        on_start: Callable[[Callable[[], None]], None],
    ) -> Build:
        client = connected()
        try:
            return build(
                client,
                folder,
                tag=tag,
                labels=made_image(tag),
                timeout=_LONGEST,
                on_update=on_update,
                on_start=on_start,
            )
        finally:
            # The layers stay in the build cache, which is what this is about; the image is in nobody's way.
            with contextlib.suppress(APIError):
                client.images.remove(tag)

    return Playground(dockerfile, files, build=run, edit=edit)

"""A build by `course.build` beside `docker buildx build` typed in a shell: without a change, and cold."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

import docker

from bench._measure import command, interleaved
from course.build import build, buildx
from course.engine.connect import connect
from course.engine.labels import made_image
from course.engine.listing import list_images
from course.errors import EngineError

TARGETS = {"unchanged_ratio": "<= 0.6", "cold_ratio": "<= 1.02"}
_ROUNDS = 9
_COLD_ROUNDS = 5
# Three stages, two of them side by side, with work that takes the same time whoever asks for it.
_DOCKERFILE = """\
FROM busybox:1.37 AS one
COPY one.txt /
RUN sleep 0.8; cat /one.txt > /out
FROM busybox:1.37 AS two
COPY two.txt /
RUN sleep 0.5; cat /two.txt > /out
FROM busybox:1.37
COPY --from=one /out /one
COPY --from=two /out /two
RUN sleep 0.3
"""


def run() -> dict[str, float]:
    """Medians in seconds, of runs in turn, and ours ÷ the shell's."""
    with contextlib.closing(connect()) as client, tempfile.TemporaryDirectory() as place:
        cli = buildx.find(client)
        if cli is None:
            raise EngineError("The comparison needs the docker CLI with buildx.")
        folder = Path(place)
        _write(folder)
        tag = f"course-bench-{uuid.uuid4().hex[:12]}:1"
        label, value = next(iter(made_image(tag).items()))
        words = [cli.program, "buildx", "build", "--builder", "default", "--network", "none"]
        words += ["--label", f"{label}={value}", "-t", tag, place]
        shell = command(["env", *(f"{name}={text}" for name, text in cli.environment.items()), *words])
        try:
            ours, theirs = interleaved(_ours(client, folder, tag), shell, _ROUNDS)
            cold, their_cold = interleaved(
                _afresh(folder, _ours(client, folder, tag)), _afresh(folder, shell), _COLD_ROUNDS
            )
        finally:
            if list_images(client.api, tag):
                client.images.remove(tag)
    return {
        "unchanged_seconds": ours,
        "unchanged_shell_seconds": theirs,
        "unchanged_ratio": ours / theirs,
        "cold_seconds": cold,
        "cold_shell_seconds": their_cold,
        "cold_ratio": cold / their_cold,
    }


def _ours(client: docker.DockerClient, folder: Path, tag: str) -> Callable[[], object]:
    return lambda: build(client, folder, tag=tag, labels=made_image(tag), network="none")


def _afresh(folder: Path, action: Callable[[], object]) -> Callable[[], object]:
    """The action on files that no cache has seen: every step runs, no base is fetched."""

    def run_it() -> None:
        _write(folder)
        action()

    return run_it


def _write(folder: Path) -> None:
    (folder / "Dockerfile").write_text(_DOCKERFILE)
    for name in ("one.txt", "two.txt"):
        (folder / name).write_text(str(uuid.uuid4()))

"""The image lift/voice of the exercise 02-pin-the-base, in its releases."""

from __future__ import annotations

import functools
import runpy
from collections.abc import Mapping

from checkers.registry.images import Release, release
from course.exercises import exercises_folder

NAME = "lift/voice"
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@functools.cache
def voice(version: str) -> Release:
    """A release of the voice: the program of exercise 02-from-scratch, and words that it says first."""
    words = {"1.9.0": ["Ding!"], "2.0.0": [], "2.1.0": ["(demo", "version)"]}[version]
    return release(
        lambda cpu: {
            "announce": programs()[cpu],
            "voice-release": f"{version}\n".encode(),
        },
        {
            "Entrypoint": ["/announce", *words],
            "Cmd": ["Doors", "closing"],
            "Env": [f"VOICE_RELEASE={version}"],
            "Labels": {"org.opencontainers.image.version": version},
        },
        created="2026-01-01T00:00:00Z",
    )


@functools.cache
def programs() -> Mapping[str, bytes]:
    """What every release's ENTRYPOINT starts: CPU → the program."""
    compiler = runpy.run_path(str(exercises_folder() / "02-from-scratch" / "starter" / "compile.py"))
    return {cpu: compiler["program"](machine) for cpu, machine in _MACHINES.items()}


def tags(current: str) -> dict[str, Release]:
    """Every tag of the repository, while `current` is the newest release. All of them can move, 2.0.0 too."""
    names = {"1.9.0": "1.9.0", "2": current, "2.0": current, "2.0.0": current, "latest": current}
    return {f"{NAME}:{tag}": voice(version) for tag, version in names.items()}

"""How long `from course.notebook import …` takes beside `import docker`, each in a fresh Python."""

from __future__ import annotations

import sys

from bench._measure import command, interleaved

TARGETS = {"ratio": "≤ 1.5"}


def run() -> dict[str, float]:
    """Seconds of a whole Python process, and their ratio."""
    course, docker = interleaved(
        command([sys.executable, "-c", "from course.notebook import *"]),
        command([sys.executable, "-c", "import docker"]),
        runs=15,
    )
    return {"course_seconds": course, "docker_seconds": docker, "ratio": course / docker}

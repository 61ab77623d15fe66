"""Which Dockerfile line a vertex comes from.

BuildKit's stream names a vertex "[stage 3/5] RUN …" and gives no line (only its provenance does). The
number counts the instructions of that stage that make a vertex, so the k-th such instruction is found by
counting. The count is checked against BuildKit's own "3/5": where they differ, no line is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from course.dockerfile import Instruction, parse

_STEP = re.compile(r"\[(?P<stage>[^\]]*?)\s*(?P<step>\d+)/(?P<steps>\d+)\] ")
# The instructions that BuildKit counts as steps (frontend/dockerfile/dockerfile2llb/convert.go). A FROM
# counts when it loads an image: `FROM scratch` and `FROM an-earlier-stage` have nothing to load.
_STEPS = {"RUN", "COPY", "ADD", "WORKDIR"}


class Lines:
    """The lines of a Dockerfile's vertices; it is read once, however often it is asked."""

    def __init__(self, dockerfile: str) -> None:
        self._stages = _stages(dockerfile)
        self._known: dict[str, int | None] = {}

    def of(self, names: Iterable[str]) -> dict[str, int]:
        """Vertex name → line number (from 1), for the vertices whose line is certain."""
        found: dict[str, int] = {}
        for name in names:
            if name not in self._known:
                self._known[name] = self._line(name)
            line = self._known[name]
            if line is not None:
                found[name] = line
        return found

    def bases(self, image: str) -> list[str]:
        """The names that a vertex of `image`, as BuildKit writes it, has by the stages that begin with it."""
        found = []
        for position, (name, steps) in enumerate(self._stages):
            words = steps[0].args.split() if steps and steps[0].keyword == "FROM" else []
            if words and _plain(words[0]) == _plain(image):
                label = name or ("" if len(self._stages) == 1 else f"stage-{position}")
                found.append(f"[{label} 1/{len(steps)}] FROM {image}".replace("[ ", "["))
        return found

    def _line(self, name: str) -> int | None:
        match = _STEP.match(name)
        if not match:
            return None
        steps = _stage(self._stages, match["stage"])
        index = int(match["step"]) - 1
        known = len(steps) == int(match["steps"]) and 0 <= index < len(steps)
        return steps[index].line if known else None


def vertex_lines(dockerfile: str, names: Iterable[str]) -> dict[str, int]:
    """Vertex name → line number (from 1), for the vertices whose line is certain."""
    return Lines(dockerfile).of(names)


def _plain(image: str) -> str:
    name = image.partition("@")[0].removeprefix("docker.io/").removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _stage(stages: list[tuple[str, list[Instruction]]], wanted: str) -> list[Instruction]:
    # BuildKit writes nothing for the only unnamed stage, "stage-1" for an unnamed one among several, and
    # puts the platform before the name ("linux/arm64 build") when it builds for several.
    label = wanted.split()[-1] if wanted.split() else ""
    for position, (name, lines) in enumerate(stages):
        if label == name or label == f"stage-{position}" or (not label and len(stages) == 1):
            return lines
    return []


def _stages(dockerfile: str) -> list[tuple[str, list[Instruction]]]:
    stages: list[tuple[str, list[Instruction]]] = []
    for instruction in parse(dockerfile):
        if instruction.keyword == "FROM":
            words = instruction.args.split()
            named = len(words) == 3 and words[1].upper() == "AS"
            base = words[0].lower() if words else ""
            loads = base != "scratch" and all(name != base for name, _ in stages)
            stages.append((words[2].lower() if named else "", [instruction] if loads else []))
        elif stages and instruction.keyword in _STEPS:
            stages[-1][1].append(instruction)
    return stages

"""Which Dockerfile line a vertex comes from.

BuildKit's stream names a vertex "[stage 3/5] RUN …" and gives no line (only its provenance does). The
number counts the instructions of that stage that make a vertex, so the k-th such instruction is found by
counting. The count is checked against BuildKit's own "3/5": where they differ, no line is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from course.dockerfile import Instruction, parse

STEP = re.compile(r"\[(?P<stage>[^\]]*?)\s*(?P<step>\d+)/(?P<steps>\d+)\] ")
# The instructions that BuildKit counts as steps (frontend/dockerfile/dockerfile2llb/convert.go). A FROM
# counts when it loads an image: `FROM scratch` and `FROM an-earlier-stage` have nothing to load.
_COUNTED = {"RUN", "COPY", "ADD", "WORKDIR"}


Stages = list[tuple[str, list[Instruction]]]
"""A stage's name ("" for none) and its instructions that make a vertex."""


class Lines:
    """The lines of a Dockerfile's vertices; it is read once, however often it is asked."""

    def __init__(self, dockerfile: str) -> None:
        self.stages = _stages(dockerfile)
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
        for position, (_, steps) in enumerate(self.stages):
            words = steps[0].args.split() if steps and steps[0].keyword == "FROM" else []
            if words and plain_image(words[0]) == plain_image(image):
                label = label_of(self.stages, position)
                found.append(f"[{label} 1/{len(steps)}] FROM {image}".replace("[ ", "["))
        return found

    def _line(self, name: str) -> int | None:
        match = STEP.match(name)
        if not match:
            return None
        position = stage_of(self.stages, match["stage"])
        steps = [] if position is None else self.stages[position][1]
        index = int(match["step"]) - 1
        known = len(steps) == int(match["steps"]) and 0 <= index < len(steps)
        return steps[index].line if known else None


def vertex_lines(dockerfile: str, names: Iterable[str]) -> dict[str, int]:
    """Vertex name → line number (from 1), for the vertices whose line is certain."""
    return Lines(dockerfile).of(names)


def plain_image(image: str) -> str:
    """An image's name without what is implied in it, and without a digest."""
    name = image.partition("@")[0].removeprefix("docker.io/").removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def label_of(stages: Stages, position: int) -> str:
    """What BuildKit calls a stage: nothing for the only one without a name, "stage-1" among several."""
    return stages[position][0] or ("" if len(stages) == 1 else f"stage-{position}")


def stage_of(stages: Stages, wanted: str) -> int | None:
    """The position of the stage that BuildKit calls `wanted`. It puts the platform before the name
    ("linux/arm64 build") when it builds for several."""
    label = wanted.split()[-1] if wanted.split() else ""
    for position, (name, _) in enumerate(stages):
        if label == name or label == f"stage-{position}" or (not label and len(stages) == 1):
            return position
    return None


def _stages(dockerfile: str) -> Stages:
    stages: Stages = []
    for instruction in parse(dockerfile):
        if instruction.keyword == "FROM":
            words = instruction.args.split()
            named = len(words) == 3 and words[1].upper() == "AS"
            base = words[0].lower() if words else ""
            loads = base != "scratch" and all(name != base for name, _ in stages)
            stages.append((words[2].lower() if named else "", [instruction] if loads else []))
        elif stages and instruction.keyword in _COUNTED:
            stages[-1][1].append(instruction)
    return stages

"""Which Dockerfile line a vertex comes from.

BuildKit's stream names a vertex "[stage 3/5] RUN …" and gives no line (only its provenance does). The
number counts the instructions of that stage that make a vertex, so the k-th such instruction is found by
counting. The count is checked against BuildKit's own "3/5": where they differ, no line is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_STEP = re.compile(r"\[(?P<stage>[^\]]*?)\s*(?P<step>\d+)/(?P<steps>\d+)\] ")
# The instructions that BuildKit counts as steps (frontend/dockerfile/dockerfile2llb/convert.go). A FROM
# counts when it loads an image: `FROM scratch` and `FROM an-earlier-stage` have nothing to load.
_STEPS = {"RUN", "COPY", "ADD", "WORKDIR"}
_HEREDOC = re.compile(r"<<-?\s*([\"']?)([A-Za-z_][A-Za-z0-9_]*)\1")


@dataclass(frozen=True)
class _Line:
    number: int
    keyword: str
    text: str


def vertex_lines(dockerfile: str, names: Iterable[str]) -> dict[str, int]:
    """Vertex name → line number (from 1), for the vertices whose line is certain."""
    stages = _stages(dockerfile)
    found: dict[str, int] = {}
    for name in names:
        match = _STEP.match(name)
        if not match:
            continue
        steps = _stage(stages, match["stage"])
        index = int(match["step"]) - 1
        if len(steps) == int(match["steps"]) and 0 <= index < len(steps):
            found[name] = steps[index].number
    return found


def _stage(stages: list[tuple[str, list[_Line]]], wanted: str) -> list[_Line]:
    # BuildKit writes nothing for the only unnamed stage, "stage-1" for an unnamed one among several, and
    # puts the platform before the name ("linux/arm64 build") when it builds for several.
    label = wanted.split()[-1] if wanted.split() else ""
    for position, (name, lines) in enumerate(stages):
        if label == name or label == f"stage-{position}" or (not label and len(stages) == 1):
            return lines
    return []


def _stages(dockerfile: str) -> list[tuple[str, list[_Line]]]:
    stages: list[tuple[str, list[_Line]]] = []
    for line in _instructions(dockerfile):
        if line.keyword == "FROM":
            words = [word for word in line.text.split()[1:] if not word.startswith("--")]
            named = len(words) == 3 and words[1].upper() == "AS"
            base = words[0].lower() if words else ""
            loads = base != "scratch" and all(name != base for name, _ in stages)
            stages.append((words[2].lower() if named else "", [line] if loads else []))
        elif stages and line.keyword in _STEPS:
            stages[-1][1].append(line)
    return stages


def _instructions(dockerfile: str) -> Iterable[_Line]:
    escape = "`" if re.search(r"^#\s*escape\s*=\s*`", dockerfile, re.MULTILINE | re.IGNORECASE) else "\\"
    start, text = 0, ""
    closing: list[str] = []
    for number, raw in enumerate(dockerfile.splitlines(), 1):
        if closing:  # the body of a heredoc
            if raw.strip() == closing[0]:
                closing.pop(0)
            continue
        stripped = raw.strip()
        if not stripped or stripped.startswith("#"):
            continue
        start = start or number
        continues = stripped.endswith(escape)
        text += stripped.removesuffix(escape) + " "
        if continues:
            continue
        keyword = text.split(maxsplit=1)[0].upper()
        if keyword in {"RUN", "COPY", "ADD"}:
            closing = [match[2] for match in _HEREDOC.finditer(text)]
        yield _Line(start, keyword, text.strip())
        start, text = 0, ""

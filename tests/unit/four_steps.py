"""Builds of four steps, made by hand: what was asked for, and which steps came from the cache."""

from __future__ import annotations

import stat
from collections.abc import Mapping

from course.trace import Build, ContextFile, Given, Vertex
from course.trace.lines import Lines

DOCKERFILE = """\
FROM python:3.13-slim
ARG WHO=me
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
"""
MODE = stat.S_IFREG | 0o644
FILES = {"requirements.txt": ContextFile("1", MODE), "app.py": ContextFile("2", MODE)}
BASE = "FROM docker.io/library/python:3.13-slim"


def built(
    *cached: int,
    text: str = DOCKERFILE,
    names: Mapping[int, str] | None = None,
    files: Mapping[str, ContextFile] | None = FILES,
    bases: Mapping[str, str] | None = None,
    broken: int = 0,
    **asked: object,
) -> Build:
    """A build of four steps, of which those with the numbers `cached` came from the cache."""
    words = {1: BASE, 2: "COPY requirements.txt .", 3: "RUN pip install -r requirements.txt", 4: "COPY . ."}
    words |= names or {}
    lines = Lines(text)
    vertices = []
    for number, instruction in words.items():
        name = f"[{number}/{len(words)}] {instruction}"
        done = not broken or number <= broken
        vertices.append(
            Vertex(
                f"{number}",
                name,
                inputs=(str(number - 1), "context")[: 1 if number > 1 else 0],
                intervals=((float(number), number + (0.0 if number in cached else 1.0)),) if done else (),
                cached=number in cached,
                error="exit code: 1" if number == broken else "",
                line=lines.of([name]).get(name),
            )
        )
    request = Given(text, context=files, bases=bases or {}, **asked)  # type: ignore[arg-type]
    return Build("" if broken else "sha256:1", tuple(reversed(vertices)), seconds=9.0, given=request)

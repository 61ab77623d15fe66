"""Builds with the classic builder, for engines before 23: their BuildKit knows no parent control group, while
the classic builder makes a container for each step, which takes one. It lacks `RUN --mount` and heredocs.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import docker

from checkers.limits import Limits
from course.build.context import check_dockerfile, pack
from course.build.driver import Request
from course.dockerfile import parse
from course.errors import BuildError, DockerfileError, StepFailed
from course.trace import Build

_STEP = re.compile(r"Step (\d+)/\d+ : (.*)")
_PARSE = re.compile(r"[Dd]ockerfile parse error(?: on)? line (\d+): (.*)", re.DOTALL)
_LOG_MAX = 4000  # characters of a step's output that are kept


def build(
    client: docker.DockerClient,
    context: Path,
    *,
    tag: str,
    buildargs: Mapping[str, str],
    labels: Mapping[str, str],
    cgroup_parent: str,
    limits: Limits,
    fresh: bool = False,
    target: str = "",
    dockerfile: str = "Dockerfile",
    network: str = "none",
    on_start: Callable[[Callable[[], None]], None] | None = None,
) -> Build:
    """Builds `context`, its steps beneath `cgroup_parent`. The result has no vertices: this builder tells
    none. Raises as course.build.build does."""
    text = check_dockerfile(context, dockerfile)
    began = time.monotonic()
    params = {
        "t": tag,
        "rm": "1",
        "forcerm": "1",
        "networkmode": network,
        "dockerfile": dockerfile,
        "cgroupparent": cgroup_parent,
        "ulimits": json.dumps(limits.ulimits()),
        "buildargs": json.dumps(dict(buildargs)),
        "labels": json.dumps(dict(labels)),
        "nocache": "1" if fresh else "0",
        "target": target,
    }
    step, log = 0, ""
    with (
        contextlib.closing(pack(context, dockerfile=dockerfile, max_bytes=limits.context)) as body,
        Request(client, params, body, limits.build, on_start) as answer,
    ):
        for message in answer:
            said = str(message.get("stream") or "")
            if match := _STEP.match(said):
                step, log = int(match[1]), ""
            else:
                log = (log + said)[-_LOG_MAX:]
            if "error" in message:
                raise _failed(message, text, step, log)
    return Build(tag, (), (), time.monotonic() - began)


def _failed(message: Mapping[str, Any], text: str, step: int, log: str) -> BuildError:
    words = str(message["error"]).strip()
    if match := _PARSE.search(words):
        return DockerfileError(f"Line {match[1]} of the Dockerfile: {match[2]}", line=int(match[1]))
    # The classic builder's step n is the n-th instruction, ARG before FROM counted.
    instructions = parse(text)
    found = instructions[step - 1] if 0 < step <= len(instructions) else None
    code = (message.get("errorDetail") or {}).get("code")
    where = f"Line {found.line}: {found.keyword} {found.args}" if found else "The build"
    return StepFailed(
        f"{where} ended with exit code {code}." if code else f"{where} failed.",
        hint="The end of its log says why.",
        detail=log.strip() if code else words,
        line=found.line if found else None,
        exit_code=code,
    )

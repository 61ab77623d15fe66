"""A build beneath a control group. Only BuildKit's own channel takes one (`POST /build` drops it for
BuildKit), and the docker CLI's buildx speaks that channel; so it is used where it is installed.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from checkers.limits import Limits
from course.build import buildx
from course.build.buildx import DockerCli
from course.build.context import check_dockerfile, pack
from course.trace import Build, Given


def build(
    cli: DockerCli,
    context: Path,
    *,
    tag: str,
    buildargs: Mapping[str, str],
    labels: Mapping[str, str],
    cgroup_parent: str,
    limits: Limits,
    fresh: bool = False,
    platform: str = "",
    target: str = "",
    secrets: Mapping[str, str] | None = None,
    dockerfile: str = "Dockerfile",
    network: str = "none",
    on_start: Callable[[Callable[[], None]], None] | None = None,
    on_update: Callable[[Build], None] | None = None,
) -> Build:
    """Builds `context`, its RUN steps beneath `cgroup_parent`. `secrets`: id → content.

    Raises as course.build.build does.
    """
    given = Given(
        check_dockerfile(context, dockerfile),
        dockerfile,
        tag=tag,
        platform=platform,
        target=target,
        network=network,
        no_cache=fresh,
        build_args=buildargs,
        labels=labels,
    )
    ulimits = [f"--ulimit={limit['Name']}={limit['Soft']}:{limit['Hard']}" for limit in limits.ulimits()]
    with (
        tempfile.TemporaryDirectory(prefix="course-check-") as hidden,  # no part of any context
        contextlib.closing(pack(context, dockerfile=dockerfile, max_bytes=limits.context)) as packed,
    ):
        return buildx.build(
            cli,
            context,
            given,
            options=["--cgroup-parent", cgroup_parent, *ulimits, *_secrets(Path(hidden), secrets or {})],
            timeout=limits.build,
            on_start=on_start,
            on_update=on_update,
            packed=packed,  # the story of the next build names the file that changed
        )


def _secrets(folder: Path, secrets: Mapping[str, str]) -> list[str]:
    """The options that hand them over, each written to a file in `folder`."""
    options = []
    for number, (name, content) in enumerate(secrets.items()):
        file = folder / str(number)
        file.write_text(content)
        options.append(f"--secret=id={name},src={file}")
    return options

"""A build with its graph in the cell's output while it runs, and a picture of it in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docker
from IPython import display

from course.build import build
from course.errors import BuildError
from course.plots import gantt
from course.trace import Build
from course.widgets.build_graph import BuildGraph

_show: Any = display.display  # IPython leaves this function untyped


def watch(
    client: docker.DockerClient, context: Path, tag: str, picture: bool, options: dict[str, Any]
) -> Build:
    """Builds, and shows. The picture is an output of its own: a page without a kernel has only that."""
    graph = BuildGraph(heading=f"Building {tag}")
    _show(graph)
    latest: list[Build] = []

    def follow(snapshot: Build) -> None:
        latest[:] = [snapshot]
        graph.follow(snapshot)

    try:
        done = build(client, context, tag=tag, on_update=follow, **options)
    except BuildError as error:
        graph.finish(str(error))
        _picture(latest, picture)
        raise
    except BaseException as error:  # Ctrl-C, an engine that went away
        graph.finish(f"The build was left: {type(error).__name__}. {error}")
        raise
    graph.follow(done)
    graph.finish()
    _picture([done], picture)
    return done


def _picture(builds: list[Build], wanted: bool) -> None:
    if wanted and builds and any(step.intervals or step.cached for step in builds[0].steps):
        _show(gantt(builds[0]))

"""`course prepare`: what `course lab` does before it opens JupyterLab."""

from __future__ import annotations

import click

from course.cli.console import TerminalSteps
from course.prepare import FIRST_CHAPTERS, prepare


@click.command()
@click.option("--chapter", "chapters", multiple=True, help="Default: the first chapters. Can be repeated.")
@click.option("--all", "everything", is_flag=True, help="All base images of the course.")
@click.option(
    "--stand-ins", is_flag=True, help="Let stand-ins take the base images' names in your own engine."
)
def command(chapters: tuple[str, ...], everything: bool, stand_ins: bool) -> None:
    """Bring an engine, the docker CLI and base images, and open nothing.

    For a classroom's machines the evening before, and for CI.

    \b
    Examples:
      course prepare
      course prepare --all
    """
    wanted = None if everything else chapters or FIRST_CHAPTERS
    steps = TerminalSteps()
    ready = prepare(wanted, steps=steps, stand_ins=True if stand_ins else None)
    steps.note(f"Docker Engine {ready.engine.version}, {ready.address}")

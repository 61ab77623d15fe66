"""`course down`: the course's own engine stops and leaves nothing behind."""

from __future__ import annotations

import click

from course.cli.console import TerminalSteps, out
from course.engine import embedded


@click.command(
    epilog="""\b
    Examples:
      course down                stop the course's own engine; its images and volumes are kept
      course down --purge        delete them too
    """
)
@click.option(
    "--purge", "--all", "purge", is_flag=True, help="Delete its images, containers and volumes too."
)
def command(purge: bool) -> None:
    """Stop the course's own engine, with all its containers, bridges and iptables rules.

    Any other engine is left alone, whoever uses it.
    """
    running = embedded.down(TerminalSteps(), purge=purge)
    what = "is stopped" if running else "was not running"
    data = "Its data is deleted." if purge else f"Its data, if any, is kept: {embedded.status().data_root}"
    out().print(f"The course's engine {what}. {data}")

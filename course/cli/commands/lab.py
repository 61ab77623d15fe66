"""`course lab`: set up what is missing and open JupyterLab."""

from __future__ import annotations

import signal
import sys
import webbrowser
from types import FrameType

import click

from course import lab
from course.cli.console import TerminalSteps, err, out
from course.prepare import prepare


@click.command()
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the first free port from 8888.")
@click.option(
    "--stand-ins", is_flag=True, help="Let stand-ins take the base images' names in your own engine."
)
def command(no_browser: bool, port: int | None, stand_ins: bool) -> None:
    """Set up what is missing and open the course in JupyterLab.

    Finds an engine or brings one, prepares the images of the first two chapters, and starts JupyterLab.
    Ctrl-C stops JupyterLab; the engine goes on (course down stops the course's own).

    \b
    Examples:
      course lab
      course lab --no-browser --port 8890
    """
    signal.signal(signal.SIGTERM, _terminated)
    steps = TerminalSteps()
    ready = prepare(steps=steps, stand_ins=True if stand_ins else None)
    steps.note(f"Docker Engine {ready.engine.version}, {ready.address}")
    with steps.step("JupyterLab"):
        running = lab.serving(port)
        found = running.__enter__()
    try:
        out().print(f"\n  {found.url}\n")
        err().print("  Ctrl-C stops JupyterLab. The engine goes on; to stop the course's own: course down")
        if not no_browser and lab.has_display():
            webbrowser.open(found.url)
        code = found.process.wait()
        if code:
            err().print(f"  JupyterLab ended with exit code {code}.")
            sys.exit(2)
    except KeyboardInterrupt:
        err().print("\n  Stopping JupyterLab …")
    finally:
        running.__exit__(None, None, None)


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

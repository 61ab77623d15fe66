"""The command line, `course`. Each file in `commands/` is one command: its name, and a variable `command`.

Exit codes: 0 done or pass · 1 a wrong answer, or a gate failed · 2 an error, with a hint · 130 interrupted.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import click

from course.cli import commands
from course.cli.console import show_error
from course.errors import CourseError


class _Commands(click.Group):
    """Imports a command only when asked for: `course list` need not load what `course up` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"course.cli.commands.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101  a file in commands/ without one is our own mistake
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="docker-notebook-course", prog_name="course")
def cli() -> None:
    """A Docker course of notebooks on a real Docker Engine.

    \b
    Start here:
      course lab                       open the course in JupyterLab
      course doctor                    what is there, what is missing, and the remedy
      course start 03-first-dockerfile get an exercise
      course check 03-first-dockerfile have it checked
    """


def main() -> None:
    """Run the command line and exit; errors of the course become a message and exit code 2."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:  # Ctrl-C, or a prompt left with it
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except CourseError as error:
        show_error(error)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)

"""An engine of the course's own, from Debian packages, for machines on which no other answers."""

from course.engine.embedded.cli import cli_environment, ensure_cli

__all__ = ["cli_environment", "ensure_cli"]

"""An engine of the course's own, from Debian packages, for machines on which no other answers."""

from course.engine.embedded.cli import cli_environment, ensure_cli
from course.engine.embedded.lifecycle import Status, down, status, up

__all__ = ["Status", "cli_environment", "down", "ensure_cli", "status", "up"]

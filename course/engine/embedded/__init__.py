"""An engine of the course's own, from Debian packages, for machines on which no other answers."""

from course.engine.embedded.cli import cli_environment, ensure_cli
from course.engine.embedded.lifecycle import Status, down, status, up
from course.engine.embedded.upgrade import Upgraded, upgrade

__all__ = ["Status", "Upgraded", "cli_environment", "down", "ensure_cli", "status", "up", "upgrade"]

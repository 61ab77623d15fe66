"""Knocks at a project's PostgreSQL server with a password: by psql, from a container of the checker's beside
it, so that nothing in the learner's image is asked."""

from __future__ import annotations

from collections.abc import Callable

from checkers.attempt import Attempt
from checkers.cage import Cage
from checkers.compose.project import Project

IMAGE = "postgres:17"
# By the address that others see: at 127.0.0.1 a server asks nobody for a password.
_KNOCK = (
    'PGPASSWORD=$1 PGCONNECT_TIMEOUT=10 psql --no-psqlrc --no-password --tuples-only --host "$2" '
    "--username postgres --dbname postgres --command 'SELECT 1'"
)


def knock(service: str) -> Callable[[Attempt, Project, str], str]:
    """Gives what the server of `service` says to a password: "" where it opens, else its words."""

    def said(attempt: Attempt, project: Project, password: str) -> str:
        side = project.side(service)

        def beside() -> Cage:
            running = attempt.run(
                IMAGE,
                ["-f", "/dev/null"],
                entrypoint=["tail"],
                network=None,
                network_mode=f"container:{side.neighbour.container.id}",
                tmpfs={"/var/lib/postgresql/data": ""},  # else the image makes a volume for it
            )
            return Cage(attempt.client, running.container)

        cage = attempt.once(f"psql beside {side.neighbour.container.id}", beside)
        ended = cage.run(_KNOCK, password, side.address)
        return "" if ended.code == 0 else ended.err.strip() or f"psql ended with {ended.code}"

    return said

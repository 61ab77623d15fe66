"""`course up`: an engine that answers."""

from __future__ import annotations

import click

from course.cli.console import TerminalSteps, err, out
from course.engine import embedded
from course.engine.connect import connect
from course.engine.describe import describe
from course.errors import PackageError


@click.command(
    epilog="""\b
    Examples:
      course up                                  use the engine that answers, or start one
      course up --upgrade                        bring the course's own engine to the newest version first
      COURSE_ENGINE_SUITE=trixie course up       take the engine from that Debian suite
      DOCKER_HOST=tcp://host:2376 course up      only look whether that one answers
    """
)
@click.option(
    "--upgrade",
    is_flag=True,
    help="Look for a newer version of the course's own engine; restart it, and its containers, on that.",
)
def command(upgrade: bool) -> None:
    """Find a Docker Engine, or start the course's own.

    An engine that answers is used as it is: DOCKER_HOST, the docker context, Docker Engine, Docker Desktop,
    Colima, Rancher Desktop or Podman. Only where none does, and on a Debian-like Linux with root, the course
    fetches Debian's packages into its own cache, installs what is missing of runc and iptables, and starts an
    engine with a data folder of its own, which runs until `course down`. The docker CLI, buildx and Compose
    come along where one of them is missing.

    With --upgrade, Debian's package list is read again. A newer engine is unpacked beside the old one; one
    that runs is stopped, with its containers, and the new one starts on the same data.
    """
    steps = TerminalSteps()
    if upgrade:
        out().print(_told(embedded.upgrade(steps)))
    address = embedded.up(steps)
    try:
        embedded.ensure_cli(steps)
    except PackageError as error:  # the engine is there; lessons on Compose will say what they lack
        err().print(f"warning  {error} {error.hint}", markup=False)
    client = connect(address)
    try:
        engine = describe(client, address)
    finally:
        client.close()
    out().print(f"Docker Engine {engine.version} ({engine.store} store) answers at {address}")


def _told(upgraded: embedded.Upgraded) -> str:
    offered = f"Docker Engine {upgraded.version}, the newest in Debian's {upgraded.suite}"
    if upgraded.before in ("", upgraded.version):
        return f"{offered}, is here." if not upgraded.restarted else f"{offered}, was here and is used now."
    return f"{offered}, is here in place of {upgraded.before}."

"""`course tape -- COMMAND…`: what a command really asked of the engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from course.cli.console import print_json
from course.engine.address import Address
from course.engine.embedded import cli_environment
from course.engine.find import find_engine
from course.engine.gateway import Gateway
from course.engine.ledger import Ledger
from course.errors import InputError
from course.tape_view import TapeView

_OTHER_WAYS = ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_TLS")


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
    Examples:
      course tape -- docker run --rm busybox echo hello
      course tape -- docker compose up -d
      course tape --json -- docker ps > calls.json
    """,
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the calls as one JSON array; the command's output goes to stderr.",
)
@click.argument("words", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
def command(words: tuple[str, ...], as_json: bool) -> int:
    """Run a command and print the Engine API calls that it made.

    The command talks to the engine by way of the course's gateway: what it creates carries the course's
    label, and `course reset` removes it. Its exit code is passed on.
    """
    address = find_engine()
    with Gateway(address, Ledger()) as gateway:
        code = _run(words, _environment(address, gateway.url), output=sys.stderr if as_json else None)
        calls = gateway.tape.since(0)
    view = TapeView(calls)
    if as_json:
        print_json(view.as_json())
    else:
        click.echo(f"\n{view}")
    return code


def _environment(address: Address, url: str) -> dict[str, str]:
    variables = os.environ | cli_environment(address) | {"DOCKER_HOST": url}
    return {name: value for name, value in variables.items() if name not in _OTHER_WAYS}


def _run(words: tuple[str, ...], environment: dict[str, str], output: object) -> int:
    """The exit code, as a shell would give it. Terminal and standard input are the command's own."""
    try:
        process = subprocess.Popen(words, env=environment, stdout=output)  # type: ignore[call-overload]
    except FileNotFoundError:
        raise InputError(f"There is no command {words[0]!r}.", hint="Run: course doctor") from None
    except OSError as error:
        raise InputError(f"{words[0]!r} cannot be run.", detail=str(error)) from error
    with _signals_to(process):
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                continue  # the terminal told the command as well: it decides
    return 128 - code if code < 0 else int(code)


@contextmanager
def _signals_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """While the command runs, it gets the request to end that this process gets."""

    def pass_on(number: int, _: FrameType | None) -> None:
        process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""`course review DIR`: advice on a project of one's own. Exit 0 reviewed, 1 with --strict, 2, 130."""

from __future__ import annotations

from pathlib import Path

import click

from checkers.review import Asked, Severity, render, review
from course.cli.console import TerminalSteps, err, out, pairs, print_json, write
from course.errors import InputError


@click.command(name="review")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-f", "--file", "dockerfile", default="Dockerfile", help="The Dockerfile's path within DIR.")
@click.option("--target", default="", help="Review this stage, and what it needs.")
@click.option(
    "--build-arg", "args", multiple=True, metavar="NAME=VALUE", help="A build argument; repeatable."
)
@click.option(
    "-e", "--env", "env", multiple=True, metavar="NAME=VALUE", help="A setting of the container; repeatable."
)
@click.option("--no-run", is_flag=True, help="Build it, and don't start a container.")
@click.option("--no-network", is_flag=True, help="Build it without network.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page of HTML there, too."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of the text.")
@click.option("--strict", is_flag=True, help="Exit 1 if a piece of advice is serious: for CI.")
def command(
    folder: Path,
    dockerfile: str,
    target: str,
    args: tuple[str, ...],
    env: tuple[str, ...],
    no_run: bool,
    no_network: bool,
    html: Path | None,
    as_json: bool,
    strict: bool,
) -> int:
    """Advice on the Dockerfile and the Compose file in DIR, a project of your own.

    A copy of it is built, built again after an edit of a source file, run in a closed network, and stopped.
    The build has your engine's network, since most builds download something; --no-network takes it away.
    Nothing is written into DIR, and nothing stays in the engine but its build cache.

    Exit code: 0 reviewed, whatever the advice; 1 serious advice, with --strict; 2 it could not be done to
    the end, such as a build that fails; 130 interrupted.

    \b
    Examples:
      course review .
      course review . --file deploy/Dockerfile --target prod --env DATABASE_URL=sqlite://
      course review . --html review.html
      course review . --strict --json > review.json
    """  # fmt: skip
    if html is not None and not html.parent.is_dir():
        raise InputError(f"There is no folder {html.parent}.", hint="Check the path after --html.")
    asked = Asked(
        dockerfile,
        target,
        pairs(args, "--build-arg"),
        pairs(env, "--env"),
        run=not no_run,
        network=not no_network,
    )
    try:
        found = review(folder, asked, steps=TerminalSteps())
    except KeyboardInterrupt:
        err().print("Interrupted; what the review had made is removed.")
        return 130
    if html is not None:
        write(html, render.page(found), "--html")
    if as_json:
        print_json(found.to_json())
    else:
        out().print(render.rich(found), soft_wrap=False)  # it wraps, with an indent
    if not found.done:
        return 2
    return 1 if strict and found.of(Severity.SERIOUS) else 0

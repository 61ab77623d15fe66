"""`course images`: the base images that lessons and exercises name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
import docker
from rich.markup import escape
from rich.table import Table

from course import images
from course.cli.console import TerminalSteps, out, print_json
from course.engine.connect import connect
from course.engine.describe import describe
from course.engine.find import find_engine
from course.errors import ImageNotFound
from course.images import Brought, ImageStatus
from course.prepare import FIRST_CHAPTERS

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON value on standard output.")
_STAND_INS = click.option(
    "--stand-ins",
    is_flag=True,
    help="Let stand-ins take names that your own engine lacks. The course's engine needs no asking.",
)


@click.group()
def command() -> None:
    """See, fetch, save and load the base images of the course.

    Each is looked for in the engine, then at a mirror (COURSE_REGISTRY), in a bundle (COURSE_BUNDLE), at its
    own registry. Where no registry can be reached, a stand-in does: an image made of Debian packages under
    the same name, labelled as what it is.

    \b
    Examples:
      course images list
      course images pull python:3.13-slim
      course images pull --all --stand-ins
      course images save course-images.tar
      course images load course-images.tar
    """


@command.command("list")
@_JSON
def list_(as_json: bool) -> None:
    """What the catalogue holds, and what of it this engine has."""
    with _engine() as (client, _):
        found = images.status(client)
    if as_json:
        print_json([one.to_json() for one in found])
        return
    out().print(_table(found))
    if any(one.stand_in for one in found):
        out().print(images.WHAT_A_STAND_IN_IS)
    if not all(one.present for one in found):
        out().print("Fetch what is missing with: course images pull --all")


@command.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="The whole catalogue.")
@click.option(
    "--chapter", "chapters", multiple=True, metavar="NN", help="What a chapter needs. Can be repeated."
)
@_STAND_INS
@_JSON
def pull(
    names: tuple[str, ...], everything: bool, chapters: tuple[str, ...], stand_ins: bool, as_json: bool
) -> None:
    """Fetch base images that the engine lacks. Without NAMES: those of the first chapters.

    An image that is there is left as it is.
    """
    wanted: tuple[str, ...] | None = names
    if everything:
        wanted = None
    elif not names or chapters:
        wanted = (*names, *images.for_chapters(chapters or FIRST_CHAPTERS))
    steps = TerminalSteps()
    with _engine() as (client, embedded):
        allowed = stand_ins or embedded or images.stand_ins_asked()
        brought = images.ensure(client, wanted, steps=steps, allow_stand_ins=allowed)
    _tell(brought, as_json)


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("names", nargs=-1)
@_JSON
def save(file: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Write base images into FILE, a bundle for other machines. Without NAMES: all that the engine has."""
    with _engine() as (client, _):
        there = [one.name for one in images.status(client) if one.present]
        wanted = [images.find(name).name for name in names] or there
        missing = [name for name in wanted if name not in there]
        if missing or not wanted:
            raise ImageNotFound(
                f"This engine lacks {', '.join(missing) or 'all base images'}.",
                hint="Run: course images pull",
            )
        with TerminalSteps().step(f"{len(wanted)} images into {file}", unit="bytes") as step:
            size = images.save(client, wanted, file, step)
    if as_json:
        print_json({"file": str(file), "bytes": size, "images": wanted})
    else:
        out().print(f"{escape(str(file))} holds {len(wanted)} images, {size / 1e6:.0f} MB.")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_STAND_INS
@_JSON
def load(file: Path, stand_ins: bool, as_json: bool) -> None:
    """Load from FILE what the engine lacks. An image that is there is left as it is."""
    with _engine() as (client, embedded):
        allowed = stand_ins or embedded or images.stand_ins_asked()
        brought = images.load(client, file, steps=TerminalSteps(), allow_stand_ins=allowed)
    _tell(brought, as_json, "Nothing was brought.")


@contextmanager
def _engine() -> Iterator[tuple[docker.DockerClient, bool]]:
    """A client, and whether its engine is the course's own."""
    address = find_engine()
    with closing(connect(address)) as client:
        yield client, describe(client, address).embedded


def _tell(brought: tuple[Brought, ...], as_json: bool, nothing: str = "Nothing was missing.") -> None:
    if as_json:
        print_json([{"name": one.name, "how": one.how, "seconds": round(one.seconds, 1)} for one in brought])
        return
    if not brought:
        out().print(nothing)
    for one in brought:
        out().print(f"{one.name}  [dim]{one.how}[/]")
    if any(one.how == "stand-in" for one in brought):
        out().print(images.WHAT_A_STAND_IN_IS)


def _table(found: list[ImageStatus]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("image", no_wrap=True)
    table.add_column("here")
    table.add_column("MB", justify="right")
    table.add_column("chapters")
    for one in found:
        here = {"": "[dim]missing[/]", "stand-in": "[yellow]stand-in[/]", "image": "[green]yes[/]"}[
            one.source
        ]
        size = f"{one.size / 1e6:.0f}" if one.present else f"[dim]~{one.real_bytes / 1e6:.0f}[/]"
        chapters = " ".join(sorted({user[:2] for user in one.used_by}))
        table.add_row(escape(one.name), here, size, chapters)
    return table

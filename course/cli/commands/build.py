"""`course build DIR -t TAG`: a BuildKit build, and what became of each step and why.

Exit 0 built, 1 the build failed, 2 it could not be tried, 130 interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import docker
from rich.markup import escape
from rich.table import Table

from course.build import CacheRecord, build, cache_records, keep, last_build
from course.cli.build_view import LiveBuild, story_text
from course.cli.console import err, out, pairs, print_json, show_error
from course.engine.connect import connect
from course.engine.labels import made_image
from course.errors import BuildError, BuildTimeout, ContextError, CourseError
from course.trace import Build, CacheStory, compare, open_trace


@click.command(name="build")
@click.argument("folder", metavar="DIR", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("-t", "--tag", help="The image's name. Needed, except with --cache.")
@click.option("-f", "--file", "dockerfile", default="Dockerfile", help="The Dockerfile's path within DIR.")
@click.option(
    "--build-arg", "args", multiple=True, metavar="NAME=VALUE", help="A build argument; repeatable."
)
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="A label; repeatable.")
@click.option("--target", default="", help="Build this stage and what it needs.")
@click.option("--platform", default="", help="Such as linux/arm64.")
@click.option("--no-cache", is_flag=True, help="Run every step again.")
@click.option("--pull", is_flag=True, help="Ask the registry for newer base images.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Compare with this trace (--json's, a .dockerbuild, rawjson), not with the last build.",
)
@click.option("--cache", "show_cache", is_flag=True, help="List the build cache's records instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value: the build and its cache story.")
def command(
    folder: Path | None,
    tag: str | None,
    dockerfile: str,
    args: tuple[str, ...],
    labels: tuple[str, ...],
    target: str,
    platform: str,
    no_cache: bool,
    pull: bool,
    against: Path | None,
    show_cache: bool,
    as_json: bool,
) -> int:
    """Build DIR with BuildKit, and tell which steps came from the cache, which ran, and why.

    The build is compared with the last one of the same folder and tag. Secrets and SSH need the docker CLI:
    docker buildx build --secret id=ID,src=FILE DIR

    Exit code: 0 built, 1 the build failed, 2 it could not be tried, 130 interrupted.

    \b
    Examples:
      course build work/03-first-dockerfile -t greeter
      course build . -t app --build-arg VERSION=2 --target test
      course build . -t app --json > build.json
      course build . -t app --against build.json
      course build --cache
    """  # fmt: skip
    with closing(connect()) as client:
        if show_cache:
            return _cache(client, as_json)
        if folder is None or not tag:
            raise click.UsageError("Name a folder, and a tag: course build DIR -t TAG")
        before = open_trace(against) if against else last_build(folder, tag, _engine(client))
        options: dict[str, Any] = {
            "dockerfile": dockerfile,
            "buildargs": pairs(args, "--build-arg"),
            "labels": {**pairs(labels, "--label"), **made_image(tag)},
            "target": target,
            "platform": platform,
            "no_cache": no_cache,
            "pull": pull,
        }
        return _build(client, folder, tag, before, options, as_json)


def _build(
    client: docker.DockerClient,
    folder: Path,
    tag: str,
    before: Build | None,
    options: Mapping[str, Any],
    as_json: bool,
) -> int:
    live = LiveBuild(folder.resolve().name)
    code, error, done = 0, None, None
    try:
        with live:
            done = build(client, folder, tag=tag, steps=live, on_update=live.update, **options)
    except KeyboardInterrupt:
        err().print("Interrupted; the engine drops the build. What had finished is in its cache.")
        return 130
    except BuildError as failure:
        error, done = failure, live.last
        code = 2 if isinstance(failure, ContextError | BuildTimeout) else 1
    story = compare(before, done) if done else None
    if done:
        keep(done, folder, tag, _engine(client))
    if as_json:
        print_json(_json(done, story, error))
    elif story and story.steps:
        out().print(story_text(story))
        _sum_up(story, tag, failed=error is not None)
    if error:
        show_error(error)
    return code


def _sum_up(story: CacheStory, tag: str, *, failed: bool) -> None:
    build_, console = story.after, out()
    for found in build_.warnings:
        where = f"line {found.line}: " if found.line else ""
        console.print(f"[yellow]check[/]  {where}{escape(found.short)}  [dim]{escape(found.url)}[/]")
    console.print(
        f"[dim]work {build_.work_seconds:.1f} s, critical path {build_.critical_path_seconds:.1f} s, "
        f"exporting {build_.export_seconds:.1f} s[/]"
    )
    if not failed:
        console.print(f"[green]built[/]  {escape(tag)}  [dim]{build_.image.removeprefix('sha256:')[:12]}[/]")


def _json(done: Build | None, story: CacheStory | None, error: CourseError | None) -> dict[str, Any]:
    data: dict[str, Any] = done.to_json() if done else {"image": "", "vertices": []}
    reasons = {step.name: step.reason.text for step in story.steps} if story else {}
    for vertex in data["vertices"]:
        vertex["reason"] = reasons.get(vertex["name"]) or vertex["reason"]
    data["story"] = story.to_json() if story else None
    if error:
        data["failure"] = {
            "message": str(error),
            "hint": error.hint,
            "detail": error.detail,
            "line": getattr(error, "line", None),
        }
    return data


def _engine(client: docker.DockerClient) -> str:
    # Another engine has another cache: its last build would explain nothing here.
    return str(client.info().get("ID", ""))


def _cache(client: docker.DockerClient, as_json: bool) -> int:
    found = cache_records(client)
    if as_json:
        print_json([record.to_json() for record in found])
        return 0
    out().print(_table(found))
    total = sum(record.bytes for record in found)
    free = sum(record.bytes for record in found if not record.in_use and not record.shared)
    out().print(f"{len(found)} records, {total / 1e6:.0f} MB; {free / 1e6:.0f} MB of it nobody uses now.")
    return 0


def _table(found: tuple[CacheRecord, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (("MB", "right"), ("uses", "right"), ("state", "left"), ("what", "left")):
        table.add_column(name, justify=justify, no_wrap=name != "what")  # type: ignore[arg-type]
    table.add_column("of", overflow="fold")
    for record in found:
        state = "in use" if record.in_use else "shared" if record.shared else ""
        table.add_row(
            f"{record.bytes / 1e6:.1f}",
            f"{record.uses}",
            state,
            record.what,
            escape(record.description[:90]),
        )
    return table

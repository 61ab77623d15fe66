"""`course layers IMAGE|FILE`: what every layer holds, and what no container of it shows."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live

from course.amounts import size
from course.archive import open_image, outline, read_image
from course.cli.console import TerminalSteps, out, print_json
from course.cli.layer_table import LayerTable, listing, summary
from course.engine.connect import connect
from course.layers import Image, Layer, to_json
from course.steps import SILENT

_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]i?b?|b|)", re.IGNORECASE)
_POWERS = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_FILE_NAME = re.compile(r"^(?:[./~]|[A-Za-z]:\\).*|.*\.(?:tar|tgz|gz|zst|oci)$")


class _Bytes(click.ParamType):  # type: ignore[type-arg]  # generic only for the type checker
    """A size: 20MB, 1.5GB, 512KiB, 1048576; and, where `percent` says so, a share: 5%."""

    name = "size"

    def __init__(self, *, percent: bool = False) -> None:
        self._percent = percent

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        text = str(value).strip()
        if self._percent and re.fullmatch(r"\d+(\.\d+)?\s*%", text):
            return _Share(float(text.rstrip("% ")))
        match = _SIZE.fullmatch(text)
        if not match:
            self.fail(
                f"{text!r} is no size. Write 20MB, 1.5GB{' or 5%' if self._percent else ''}.", param, ctx
            )
        unit = match["unit"].lower()
        return round(float(match["number"]) * (1024 if "i" in unit else 1000) ** _POWERS[unit[:1]])


class _Share(float):
    """A percentage."""


@click.command(
    epilog="""\b
    Examples:
      course layers python:3.13-slim
      course layers my-app --dockerfile Dockerfile       with the line of each layer
      course layers my-app --files | less                every file of every layer
      course layers image.tar --platform linux/arm64     a docker save file or an OCI layout
      course layers my-app --max-hidden 5% --max-size 300MB --layer-budget 12
      course layers my-app --json | jq .hidden_bytes
    """
)
@click.argument("image", metavar="IMAGE|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of the table.")
@click.option(
    "--files", is_flag=True, help="List every file that a layer adds (+), changes (~) or removes (-)."
)
@click.option(
    "--max-hidden", type=_Bytes(percent=True), metavar="SIZE|PERCENT", help="Fail if more is hidden."
)
@click.option("--max-size", type=_Bytes(), metavar="SIZE", help="Fail if the layers' files hold more.")
@click.option("--layer-budget", type=click.IntRange(0), metavar="N", help="Fail if there are more layers.")
@click.option("--platform", metavar="OS/ARCH", help="Of an image for several, e.g. linux/arm64.")
@click.option("--image", "called", metavar="NAME", help="Of a file that holds several images, this one.")
@click.option(
    "--dockerfile",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What it was built from, to name the lines.",
)
def command(
    image: str,
    as_json: bool,
    files: bool,
    max_hidden: int | _Share | None,
    max_size: int | None,
    layer_budget: int | None,
    platform: str | None,
    called: str | None,
    dockerfile: Path | None,
) -> int:
    """Show every layer of an image: its instruction, its files, and the bytes that no container of it shows.

    \b
    contents  of the layer's files (what docker history says on overlay2)
    packed    the blob as it is stored and sent, where it is compressed
    disk      unpacked, in disk blocks (what docker history says on the containerd store)
    hidden    contents of files that a later layer rewrites, deletes or replaces

    Exit code 0, or 1 if the image is beyond one of the limits.
    """
    text = dockerfile.read_text(errors="replace") if dockerfile else None
    watched = not as_json and not files and sys.stdout.isatty()
    if _is_file(image):
        steps = SILENT if watched else TerminalSteps()
        found = open_image(image, platform=platform, image=called, dockerfile=text, steps=steps)
        console = _console()
    else:
        found, console = _from_engine(image, platform, text, watched)
    verdicts = _verdicts(found, max_hidden, max_size, layer_budget)
    if as_json:
        print_json(to_json(found, files=files) | {"gates": verdicts})
    else:
        _show(found, console, files=files, drawn=watched and not _is_file(image), verdicts=verdicts)
    return 0 if all(one["ok"] for one in verdicts) else 1


def _from_engine(
    name: str, platform: str | None, dockerfile: str | None, watched: bool
) -> tuple[Image, Console]:
    with closing(connect()) as client:
        if not watched:
            steps = TerminalSteps()
            return read_image(client, name, platform=platform, dockerfile=dockerfile, steps=steps), _console()
        rough = outline(client, name, dockerfile=dockerfile)
        console = _console()
        with Live(
            LayerTable(rough, note="reading the files …"), console=console, refresh_per_second=8
        ) as live:
            layers = list(rough.layers)

            def on_layer(layer: Layer) -> None:
                layers[layer.index] = layer
                known = sum(one.files for one in layers)
                live.update(
                    LayerTable(replace(rough, layers=tuple(layers)), note=f"reading … {known:,} files so far")
                )

            image = read_image(
                client,
                name,
                platform=platform,
                dockerfile=dockerfile,
                on_layer=None if platform else on_layer,
            )
            live.update(LayerTable(image))
        return image, console


def _console() -> Console:
    """Standard output; into a pipe, wide enough that no instruction is cut."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def _is_file(name: str) -> bool:
    """Whether a file or an OCI layout is meant: it looks like a path, or is there."""
    path = Path(name).expanduser()
    try:
        there = path.is_file() or (path / "index.json").is_file()
    except OSError:
        there = False
    return there or bool(_FILE_NAME.match(name))


def _show(
    image: Image, console: Console, *, files: bool, drawn: bool, verdicts: list[dict[str, Any]]
) -> None:
    if files:
        for line in listing(image):
            click.echo(line)
        click.echo()
    elif not drawn:
        console.print(LayerTable(image))
    if not files:
        console.print()
    for line in summary(image):
        out().print(line)
    for one in verdicts:
        mark = "[green]✓[/]" if one["ok"] else "[red]✗[/]"
        out().print(f"{mark} {one['message']}")


def _verdicts(
    image: Image, max_hidden: int | _Share | None, max_size: int | None, budget: int | None
) -> list[dict[str, Any]]:
    """What each limit that was given says."""
    found: list[dict[str, Any]] = []
    if isinstance(max_hidden, _Share):
        percent = 100 * image.hidden_bytes / image.tar_bytes if image.tar_bytes else 0.0
        told = f"{percent:.2f} % of the bytes are hidden; at most {float(max_hidden):g} % may be."
        found.append(_verdict("max-hidden", percent, float(max_hidden), told))
    elif max_hidden is not None:
        told = f"{size(image.hidden_bytes)} are hidden; at most {size(max_hidden)} may be."
        found.append(_verdict("max-hidden", image.hidden_bytes, max_hidden, told))
    if max_size is not None:
        told = f"The layers hold {size(image.tar_bytes)}; at most {size(max_size)} may be."
        found.append(_verdict("max-size", image.tar_bytes, max_size, told))
    if budget is not None:
        told = f"The image has {len(image.layers)} layers; at most {budget} may be."
        found.append(_verdict("layer-budget", len(image.layers), budget, told))
    return found


def _verdict(gate: str, value: float, limit: float, message: str) -> dict[str, Any]:
    return {"gate": gate, "value": round(value, 3), "limit": limit, "ok": value <= limit, "message": message}

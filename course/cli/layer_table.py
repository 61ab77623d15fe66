"""An image's layers as a terminal shows them: one row a layer, then what is hidden and why."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from course.amounts import size
from course.layers import Change, Image, Layer, duplicates, readable

_HEAD = "instruction"
_ENDLESS = 10_000  # columns
_LEAST = 12  # columns of an instruction, however narrow the terminal
_LARGEST = 5  # hidden files that are named
_BAR = 12  # characters
_SIGNS = {"added": "+", "changed": "~", "removed": "-"}


@dataclass(frozen=True)
class LayerTable:
    """One row a layer. Of an image in outline, what isn't known yet shows as "…"; `note` stands below.

    On a terminal the instructions are cut to what is left beside the figures; in a pipe they stand whole.
    """

    image: Image
    note: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        endless = options.update(max_width=_ENDLESS)
        figures = Measurement.get(console, endless, _grid(self.image, 1)).maximum - 1
        room = max((len(_words(layer)) for layer in self.image.layers), default=0)
        if console.is_terminal:
            room = max(min(room, options.max_width - figures), _LEAST)
        grid = _grid(self.image, room)
        grid.width = figures + max(room, len(_HEAD))  # else rich would cut the figures instead
        yield grid
        if self.note:
            yield Text(self.note, "dim")


def _grid(image: Image, room: int) -> Table:
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    grid.add_column("#", justify="right")
    grid.add_column(_HEAD[:room], no_wrap=True)
    lines = any(layer.line for layer in image.layers)
    for name in ("line", "files", "contents", "packed", "disk", "hidden"):
        if name != "line" or lines:
            grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column("", no_wrap=True)
    largest = max((layer.shown_bytes for layer in image.layers), default=0)
    for layer in image.layers:
        words = Text(_words(layer))
        words.truncate(room, overflow="ellipsis")
        line = [str(layer.line or "")] if lines else []
        grid.add_row(number(layer.index), words, *line, *_sizes(image, layer), _bar(image, layer, largest))
    return grid


def _words(layer: Layer) -> str:
    return " ".join(layer.instruction.split()) or "(no history)"


def _sizes(image: Image, layer: Layer) -> list[str]:
    hidden = "…"
    if image.complete:
        hidden = size(image.hidden_in(layer.index)) if image.hidden_in(layer.index) else ""
    return [
        f"{layer.files:,}" if layer.read else "…",
        size(layer.tar_bytes) if layer.read or layer.tar_bytes else "…",
        "" if layer.compressed_bytes is None else size(layer.compressed_bytes),
        "" if layer.disk_bytes is None else size(layer.disk_bytes),
        hidden,
    ]


def _bar(image: Image, layer: Layer, largest: int) -> Text:
    # Hidden bytes are hatched, not only coloured: they show without colours too.
    whole = round(_BAR * layer.shown_bytes / largest) if largest else 0
    gone = image.hidden_in(layer.index) if image.complete else 0
    hatched = min(whole, round(_BAR * gone / largest)) if largest else 0
    return Text("█" * (whole - hatched), "cyan").append("░" * hatched, "red")


def number(index: int) -> str:
    """How people count layers: the lowest is 1. (In JSON, as in Python, it has the index 0.)"""
    return str(index + 1)


def summary(image: Image) -> list[str]:
    """What the table adds up to, as lines with markup."""
    percent = 100 * image.hidden_bytes / image.tar_bytes if image.tar_bytes else 0.0
    layers = f"{len(image.layers)} layer{'s' if len(image.layers) != 1 else ''}"
    lines = [
        f"{size(image.tar_bytes)} in {layers}, {image.files:,} files. "
        f"[bold]{size(image.hidden_bytes)} ({percent:.1f} %) is hidden[/]: "
        "in the image, and in no container of it."
    ]
    items = sorted((one for one in image.hidden if one.size), key=lambda one: (-one.size, one.path))
    for one in items[:_LARGEST]:
        same = ", with the same content" if one.same_content else ""
        lines.append(
            f"  {size(one.size):>8}  {escape(readable(one.path))}  "
            f"[dim]of layer {number(one.layer)}, {one.cause} by layer {number(one.hidden_by)}{same}[/]"
        )
    if len(items) > _LARGEST:
        lines.append(f"  [dim]and {len(items) - _LARGEST:,} more[/]")
    if spare := sum(one.spare_bytes for one in duplicates(image)):
        lines.append(f"{size(spare)} are second copies of a content that is visible elsewhere too.")
    lines.append(
        f"[dim]dive would say {size(image.dive.wasted_bytes)} wasted, {image.dive.efficiency:.1%} "
        "efficient. It counts the copy that you keep, and misses deleted directories.[/]"
    )
    return lines


def listing(image: Image) -> list[str]:
    """Every layer's changes as plain lines: sign, bytes, path."""
    lines: list[str] = []
    for layer, changes in zip(image.layers, image.changes, strict=True):
        lines.append(f"layer {number(layer.index)}  {_words(layer)}")
        lines += [_change(change) for change in changes]
    return lines


def _change(change: Change) -> str:
    entry = change.entry or change.before
    size = f"{entry.size:,}" if entry and entry.kind == "file" else ""
    to = f" -> {readable(entry.target)}" if entry and entry.target else ""
    slash = "/" if entry is None or entry.kind == "dir" else ""
    return f"  {_SIGNS[change.what]} {size:>13}  {readable(change.path)}{slash}{to}"

"""An image: its layers, its history, and what follows from laying them on one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from course.layers.dive import DiveScore, dive
from course.layers.model import Layer, Step
from course.layers.replay import Change, Hidden, Replay, changes, replay
from course.layers.tree import FileTree


@dataclass(frozen=True)
class Image:
    """An image, whole or in outline (`complete` tells). What is computed of it is computed once."""

    name: str  # as it was asked for: a tag, an ID, a file's name
    layers: tuple[Layer, ...]  # bottom first
    id: str = ""  # as the engine calls it: the config's digest on graph drivers, the manifest's on containerd
    platform: str = ""  # linux/amd64, linux/arm/v7
    history: tuple[Step, ...] = ()  # oldest first; () for an image that has none
    config: Mapping[str, Any] = field(
        default_factory=dict, compare=False
    )  # the OCI config's "config": Env, Cmd, …

    @property
    def complete(self) -> bool:
        """Whether the files of all layers are known."""
        return all(layer.read for layer in self.layers)

    @property
    def tar_bytes(self) -> int:
        """The contents of all files of all layers: hidden and visible together."""
        return sum(layer.tar_bytes for layer in self.layers)

    @property
    def compressed_bytes(self) -> int | None:
        """All blobs as stored, a blob that occurs twice counted once; None where one layer's is not known."""
        sizes = {layer.digest or layer.index: layer.compressed_bytes for layer in self.layers}
        return _sum(list(sizes.values()))

    @property
    def disk_bytes(self) -> int | None:
        """Disk blocks of all layers unpacked; None where one layer's is not known."""
        return _sum([layer.disk_bytes for layer in self.layers])

    @property
    def files(self) -> int:
        """How many files all layers hold, hidden ones too."""
        return sum(layer.files for layer in self.layers)

    @cached_property
    def replay(self) -> Replay:
        """The layers laid on one another."""
        return replay(self.layers)

    @property
    def tree(self) -> FileTree:
        """What a container sees."""
        return self.replay.tree

    @property
    def hidden(self) -> tuple[Hidden, ...]:
        """What no container sees and everybody downloads."""
        return self.replay.hidden

    @cached_property
    def hidden_bytes(self) -> int:
        """The bytes of `hidden`: `tar_bytes` less those of a `docker export`."""
        return sum(item.size for item in self.hidden)

    @cached_property
    def visible_bytes(self) -> int:
        """The bytes of the files that a container sees, hard links counted once."""
        return self.tree.bytes

    def hidden_in(self, layer: int) -> int:
        """Bytes that this layer holds and a later one hides."""
        return self._hidden_by_layer.get(layer, 0)

    @cached_property
    def changes(self) -> tuple[tuple[Change, ...], ...]:
        """For each layer, what it adds, changes and removes."""
        return changes(self.layers)

    @cached_property
    def dive(self) -> DiveScore:
        """What the program dive says of this image."""
        return dive(self.layers)

    @cached_property
    def _hidden_by_layer(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for item in self.hidden:
            found[item.layer] = found.get(item.layer, 0) + item.size
        return found


def _sum(sizes: list[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None

"""What an image is made of: layers laid on one another, and what follows from that. No Docker in here.

`course.archive` reads images into these; figures, widgets and checks are drawn from them.
"""

from __future__ import annotations

from course.layers.compare import (
    Comparison,
    Difference,
    Duplicate,
    SharedLayer,
    Sharing,
    compare,
    duplicates,
    shared,
)
from course.layers.dive import DiveItem, DiveScore
from course.layers.image import Image
from course.layers.model import Entry, Kind, Layer, Step
from course.layers.replay import Change, Hidden
from course.layers.report import readable, to_json
from course.layers.squash import squash
from course.layers.tree import Cause, FileTree, Inode, Node

__all__ = [
    "Cause",
    "Change",
    "Comparison",
    "Difference",
    "DiveItem",
    "DiveScore",
    "Duplicate",
    "Entry",
    "FileTree",
    "Hidden",
    "Image",
    "Inode",
    "Kind",
    "Layer",
    "Node",
    "SharedLayer",
    "Sharing",
    "Step",
    "compare",
    "dive_score",
    "duplicates",
    "hidden",
    "readable",
    "shared",
    "squash",
    "to_json",
]


def hidden(image: Image) -> tuple[Hidden, ...]:
    """Every file's bytes that a layer holds and the final tree doesn't show, in the order of events."""
    return image.hidden


def dive_score(image: Image) -> DiveScore:
    """What the program dive says of the image."""
    return image.dive

"""The labels by which the course knows its own things again.

A label is inherited: a container has its image's labels, an image those of its base. So the *value*
says what kind of thing was labelled, and `made("container")` on a container can't have come from its image.
"""

from __future__ import annotations

from typing import Literal

Kind = Literal["container", "image", "network", "volume"]

PREFIX = "org.docker-notebook-course"
MADE = f"{PREFIX}.made"
"""On everything the course makes; the value is the kind of thing."""
TAG = f"{PREFIX}.tag"
"""On an image: the tag it was made for. A child image inherits the label, but not the tag."""
STAND_IN = f"{PREFIX}.stand-in"
"""On a stand-in image: the real image's name. Children inherit it, and it stays true of their base."""


def made(kind: Kind) -> dict[str, str]:
    """The labels for a container, network or volume that the course makes."""
    return {MADE: kind}


def made_image(tag: str) -> dict[str, str]:
    """The labels for an image that the course makes under `tag` (with or without `:latest`)."""
    return {MADE: "image", TAG: normal_tag(tag)}


def normal_tag(tag: str) -> str:
    """`tag` as the engine lists it: with `:latest` if it names no tag (and holds no digest)."""
    last = tag.rsplit("/", 1)[-1]
    return tag if ":" in last or "@" in last else f"{tag}:latest"

"""Looks for a canary in an image of the engine's, in one stream where there is none to be found."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import docker

from checkers.canary.budget import Budget, TooMuchInside
from checkers.canary.image import Find, finds
from checkers.canary.secret import Canary
from course.archive import contents, read_image
from course.layers import Image

_MOST = 200  # places that are looked for; one is too many already


def search(
    client: docker.DockerClient, tag: str, canary: Canary, bases: Iterable[str], read: Callable[[], Image]
) -> tuple[Find, ...]:
    """Where the canary is. The layers of `bases` are older than it, and are passed over. `read` gives the
    image with its layers, for what is to be told of a place.

    Raises TooMuchInside, and what `contents` does.
    """
    below = _diff_ids(client, tag)
    old = {base: _diff_ids(client, base) & below for base in bases}
    if _clean(client, tag, canary, frozenset().union(*map(_digests(client), filter(old.get, old)))):
        return ()
    image = read()
    older = set().union(*old.values())
    skip = frozenset(layer.digest for layer in image.layers if layer.diff_id in older)
    found = itertools.islice(finds(contents(client, image.name, skip=skip), image, canary, Budget()), _MOST)
    # The stream has its layers in no order that anybody would look for them in.
    return tuple(sorted(found, key=lambda one: one.layer.index if one.layer else -1))


def _clean(client: docker.DockerClient, tag: str, canary: Canary, skip: frozenset[str]) -> bool:
    """Whether it is seen at once that nothing is there."""
    try:
        return not any(finds(contents(client, tag, skip=skip), Image(tag, ()), canary, Budget()))
    except TooMuchInside:  # a base may be kept otherwise, in this image, than by itself
        return False


def _digests(client: docker.DockerClient) -> Callable[[str], set[str]]:
    """The layers of a base, as they are stored. It was mostly read before, and the course knows them."""
    return lambda base: {layer.digest for layer in read_image(client, base).layers if layer.digest}


def _diff_ids(client: docker.DockerClient, name: str) -> set[str]:
    return set(client.images.get(name).attrs["RootFS"].get("Layers") or ())

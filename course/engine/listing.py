"""The engine's list of images, taken so that somebody else's removal can't spoil it."""

from __future__ import annotations

from typing import Any

import docker
from docker.errors import NotFound

_TRIES = 10


def list_images(api: docker.APIClient, name: str | None = None, **options: Any) -> list[dict[str, Any]]:
    """The images as `GET /images/json` gives them; `name` and `options` as for docker-py's `api.images`.

    With the containerd store the engine lists names first and reads each image then; one that was removed in
    between makes the whole answer a 404 (seen on 28.5.2). It is asked again then. docker-py's
    `images.list` has the same gap once more: it inspects each image of the list.
    Raises docker.errors.APIError.
    """
    for _ in range(_TRIES - 1):
        try:
            return _listed(api, name, options)
        except NotFound:
            continue
    return _listed(api, name, options)


def _listed(api: docker.APIClient, name: str | None, options: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.images(name, **options)
    return found

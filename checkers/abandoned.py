"""Removes what a check that was killed left in the engine and among the temporary files.

Its successor does it, side by side with its own work. A check that still runs, of whatever process, keeps
its things.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import docker

from course.engine.failures import WIRE_ERRORS
from course.engine.labels import MADE, PREFIX, TAG
from course.engine.listing import list_images
from course.engine.makers import LONGEST, MAKER, is_gone

NAME = "course-check-"
"""How all names of checks begin."""
ATTEMPT = f"{PREFIX}.check"
"""The label with an attempt's name on all that it makes, beside the course's own."""


@contextlib.contextmanager
def removed(client: docker.DockerClient) -> Iterator[Callable[[], None]]:
    """Removes it while what is inside goes on; done, or given up by the engine, on leaving. Images, which are
    in nobody's way and take the engine longest to list, only when what it gives is called, or on leaving."""
    calm = threading.Event()
    thread = threading.Thread(target=remove, args=(client, calm), name="abandoned", daemon=True)
    thread.start()
    try:
        yield calm.set
    finally:
        calm.set()
        thread.join()


def remove(client: docker.DockerClient, calm: threading.Event | None = None) -> None:
    """Removes it; images when it is `calm`. What the engine refuses now, the next check, or `course reset`,
    tries again."""
    api: Any = client.api
    for what in (_containers, _networks, _volumes, _images):
        if calm and what is _images:
            calm.wait()
        with contextlib.suppress(*WIRE_ERRORS):
            for step in list(what(api)):
                with contextlib.suppress(*WIRE_ERRORS):  # another check may have been faster
                    step()
    for folder in Path(tempfile.gettempdir()).glob(f"{NAME}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.lstat().st_mtime > LONGEST:
                shutil.rmtree(folder, ignore_errors=True)


def _containers(api: Any) -> Iterator[Callable[[], object]]:
    for found in api.containers(all=True, filters={"label": [f"{MADE}=container", MAKER]}):
        name = found["Names"][0].lstrip("/") if found.get("Names") else ""
        if _left(name, found.get("Labels") or {}):
            yield lambda id=found["Id"]: api.remove_container(id, force=True, v=True)  # type: ignore[misc]


def _networks(api: Any) -> Iterator[Callable[[], object]]:
    for found in api.networks(filters={"label": [f"{MADE}=network", MAKER]}):
        if _left(found["Name"], found.get("Labels") or {}):
            yield lambda id=found["Id"]: api.remove_network(id)  # type: ignore[misc]


def _volumes(api: Any) -> Iterator[Callable[[], object]]:
    for found in api.volumes(filters={"label": [f"{MADE}=volume", MAKER]}).get("Volumes") or ():
        if _left(found["Name"], found.get("Labels") or {}):
            yield lambda name=found["Name"]: api.remove_volume(name)  # type: ignore[misc]


def _images(api: Any) -> Iterator[Callable[[], object]]:
    # By name first: the containerd store reads each image that it lists, some 15 ms for each.
    wanted = {"reference": f"{NAME}*", "label": [f"{MADE}=image", MAKER]}
    for found in list_images(api, filters=wanted):
        labels = found.get("Labels") or {}  # null for one that is being removed
        tag = str(labels.get(TAG, ""))
        # What others built on it inherits the labels, but not the tag.
        if tag in (found.get("RepoTags") or ()) and _left(tag, labels):
            yield lambda tag=tag: api.remove_image(tag, force=True)  # type: ignore[misc]


def _left(name: str, labels: Mapping[str, str]) -> bool:
    # The name, too: labels are inherited, from a container by its commit and by what runs from that.
    return MAKER in labels and name.startswith(labels.get(ATTEMPT, NAME)) and is_gone(labels[MAKER])

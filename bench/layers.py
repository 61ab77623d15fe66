"""What reading an image's layers costs beside merely receiving them, and how soon there is something to see.

dive, the program that people know, is not run: no registry or package index that the bench may use has it.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
from rich.console import Console

from bench._measure import interleaved, seconds
from course.archive import outline, read_image
from course.archive.cache import Cache
from course.archive.wire import image_stream
from course.build import build
from course.cli.layer_table import LayerTable
from course.engine.connect import connect
from course.engine.labels import made_image
from course.layers import Image

TARGETS = {
    "ratio_to_draining": "<= 1.25",
    "live_ratio_to_draining": "<= 1.25",
    "peak_mb": "<= 60",
    "deletions_ratio": "<= 2",
    "first_paint_added_ms": "< 50",
}
_ROUNDS = 5
_PAINTS = 30
# Some 25,000 files: those of a base image four times over, each copy with bytes of its own.
_FILES = """\
FROM python:3.13-slim
RUN cp -a /usr /copy1 && cp -a /usr /copy2
RUN cp -a /usr /copy3 && find /copy3 -type f -size -8k -exec sh -c 'for f; do echo $f >> $f; done' _ {} +
RUN mkdir /small && cd /small && seq 8500 | xargs -n 500 sh -c 'for n; do echo $n > f$n; done' _
"""
_DELETIONS = "RUN cd /small && ls | head -n 3000 | xargs rm\n"
# Peak memory belongs to a process of its own: this one has loaded other things. It is Linux's VmHWM (kB), as
# ru_maxrss of a new process starts from what the process that made it had (getrusage, fs/exec.c in Linux).
_ALONE = """\
import sys
from course.archive import read_image
from course.archive.cache import Cache
from course.engine.connect import connect
from pathlib import Path
image = read_image(connect(), sys.argv[1], cache=Cache(Path(sys.argv[2])))
image.hidden_bytes, image.dive
status = Path("/proc/self/status").read_text().split()
print(status[status.index("VmHWM:") + 1], image.files)
"""


def run() -> dict[str, float]:
    """Medians of interleaved runs: seconds and their ratios, peak memory in MB, milliseconds to a table."""
    with contextlib.closing(connect()) as client, contextlib.ExitStack() as stack:
        plain = stack.enter_context(_image(client, _FILES))
        deleted = stack.enter_context(_image(client, _FILES + _DELETIONS))

        def drain() -> None:
            with image_stream(client, plain) as pieces:
                for _ in pieces:
                    pass

        drained, read = interleaved(drain, lambda: _read(client, plain), _ROUNDS)
        drained_again, live = interleaved(drain, lambda: _read(client, plain, live=True), _ROUNDS)
        without, with_deletions = interleaved(
            lambda: _read(client, plain), lambda: _read(client, deleted), _ROUNDS
        )
        peak, files = _alone(plain)
        return {
            "drain_seconds": drained,
            "read_seconds": read,
            "ratio_to_draining": read / drained,
            "live_ratio_to_draining": live / drained_again,
            "files": files,
            "peak_mb": peak,
            "deletions_ratio": with_deletions / without,
            "first_paint_added_ms": _first_paint(client, plain),
            "cached_seconds": _cached(client, plain),
        }


def _read(client: docker.DockerClient, name: str, *, live: bool = False) -> Image:
    with tempfile.TemporaryDirectory() as folder:
        on_layer = (lambda layer: None) if live else None
        image = read_image(client, name, cache=Cache(Path(folder)), on_layer=on_layer)
        _ = image.hidden_bytes
    return image


def _alone(name: str) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run(
            [sys.executable, "-c", _ALONE, name, folder], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.split()
    return int(said[0]) * 1024 / 1e6, int(said[1])


def _first_paint(client: docker.DockerClient, name: str) -> float:
    """Milliseconds from asking to a table of the layers, beyond the two calls themselves."""

    api: Any = client.api

    def paint() -> None:
        Console(file=io.StringIO()).print(LayerTable(outline(client, name)))

    def calls() -> None:
        api.inspect_image(name)
        api.history(name)

    called, painted = interleaved(calls, paint, _PAINTS)
    return (painted - called) * 1000


def _cached(client: docker.DockerClient, name: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder))
        read_image(client, name, cache=cache)
        return statistics.median(
            seconds(lambda: read_image(client, name, cache=cache)) for _ in range(_ROUNDS)
        )


@contextlib.contextmanager
def _image(client: docker.DockerClient, dockerfile: str) -> Iterator[str]:
    name = f"course-bench-layers:{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_text(dockerfile)
        build(client, Path(folder), tag=name, labels=made_image(name), network="none")
    try:
        yield name
    finally:
        client.images.remove(name)

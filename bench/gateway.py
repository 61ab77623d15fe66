"""What the gateway costs: the time added to a small call, and how much of a large stream's speed is kept."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import json
import os
import socket
import statistics
import tarfile
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import docker

from bench._measure import interleaved, rounds
from course.engine.connect import connect
from course.engine.find import find_engine
from course.engine.gateway import Gateway
from course.engine.labels import made_image

TARGETS = {
    "ping_added_ms": "< 1",
    "inspect_added_ms": "< 1",
    "images_get_ratio": ">= 0.90",
}
_CALLS = 300
_ROUNDS = 7
_LAYER_BYTES = 300 << 20


def run() -> dict[str, float]:
    """Medians of interleaved measurements, through the gateway and direct, in one process.

    Added times in milliseconds; throughput in MB/s; the ratio is of the medians of the paired runs.
    """
    address = find_engine()
    with contextlib.closing(connect(address)) as direct, Gateway(address) as gateway, _image(direct) as name:
        with contextlib.closing(docker.DockerClient(base_url=gateway.url, version="auto")) as through:
            pings = _added(lambda: direct.ping(), lambda: through.ping())
            inspects = _added(lambda: direct.api.inspect_image(name), lambda: through.api.inspect_image(name))
        ratio, speed = _throughput(address.url, gateway.url, name)
    return {
        "ping_added_ms": pings,
        "inspect_added_ms": inspects,
        "images_get_ratio": ratio,
        "images_get_direct_mb_s": speed,
    }


def _added(direct: Callable[[], object], through: Callable[[], object]) -> float:
    """Milliseconds that a call through the gateway takes longer than a direct one."""
    plain, behind = interleaved(direct, through, _CALLS)
    return (behind - plain) * 1000


def _throughput(direct: str, through: str, name: str) -> tuple[float, float]:
    """The share of the direct speed that is kept (median over paired runs), and the direct speed in MB/s."""
    path = f"/images/{name}/get"
    _drain(direct, path)  # the page cache is warm for both
    speeds = [(_drain(direct, path), _drain(through, path)) for _ in rounds(_ROUNDS, "throughput")]
    return (
        statistics.median(behind / plain for plain, behind in speeds),
        statistics.median(plain for plain, _ in speeds),
    )


def _drain(url: str, path: str) -> float:
    """MB/s of reading an answer to its end."""
    connection = http.client.HTTPConnection("engine")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(url.removeprefix("unix://"))
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    buffer, count = bytearray(1 << 20), 0
    while step := answer.readinto(buffer):
        count += step
    seconds = time.perf_counter() - began
    connection.close()
    if answer.status != 200 or count < _LAYER_BYTES:
        raise RuntimeError(f"{path}: HTTP {answer.status}, {count} bytes")
    return count / 1e6 / seconds


@contextlib.contextmanager
def _image(client: docker.DockerClient) -> Iterator[str]:
    """An image of one incompressible layer, as `docker save` writes it; removed in the end."""
    name = f"course-bench-gateway:{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryFile() as archive:
        _write_archive(archive, name)
        archive.seek(0)
        client.images.load(archive)
    try:
        yield name
    finally:
        client.images.remove(name)


def _write_archive(target: IO[bytes], name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder) / "layer.tar"
        with tarfile.open(layer, "w", format=tarfile.GNU_FORMAT) as tar:
            entry = tarfile.TarInfo("noise")
            entry.size = _LAYER_BYTES
            block = os.urandom(1 << 20)
            tar.addfile(entry, io.BytesIO(block * (_LAYER_BYTES >> 20)))
        with layer.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": made_image(name)},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
        manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
        with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as tar:
            tar.add(layer, "layer.tar")
            for path, value in (("config.json", config), ("manifest.json", manifest)):
                raw = json.dumps(value).encode()
                entry = tarfile.TarInfo(path)
                entry.size = len(raw)
                tar.addfile(entry, io.BytesIO(raw))

"""A registry for one check: its tags can be moved at will, which nobody should do to a real one.

It is a container beside the learner's, published on a free port of the engine's own loopback address, where
engines accept a registry without TLS. What it serves is made from fixed bytes, so that its digests are known.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkers.attempt import Attempt
from checkers.registry.images import Release
from checkers.running import POLL, Running
from course.errors import EngineError

IMAGE = "python:3.13-slim"
_PORT = 5000
_READY_SECONDS = 20.0


@dataclass(frozen=True)
class Registry:
    """A registry that answers."""

    host: str  # 127.0.0.1:PORT, as the engine reaches it
    running: Running

    def move_tags(self) -> None:
        """From now on every tag names its second release."""
        self.running.container.kill(signal="SIGUSR1")
        self._wait("moved")

    def _wait(self, word: str) -> None:
        if not self.running.until(lambda: word in self.running.logs().split(), _READY_SECONDS):
            raise EngineError(f"The check's registry did not become {word}.", detail=self.running.logs())


def serve(attempt: Attempt, before: dict[str, Release], after: dict[str, Release]) -> Registry:
    """Starts a registry with the tags `before` ("lift/voice:2" → release); `move_tags` makes them `after`."""
    blobs = {
        digest: blob
        for release in (*before.values(), *after.values())
        for digest, blob in release.blobs.items()
    }
    content = {
        "blobs": {digest: [blob.media_type, blob.data.hex()] for digest, blob in blobs.items()},
        "tags": [{name: release.digest for name, release in tags.items()} for tags in (before, after)],
    }
    script = (Path(__file__).parent / "server.py").read_text(encoding="utf-8")
    running = attempt.run(
        IMAGE,
        ["python", "-uc", script, _packed(content)],
        network="bridge",  # the attempt's own network publishes nothing
        ports={f"{_PORT}/tcp": ("127.0.0.1", None)},
    )
    registry = Registry(f"127.0.0.1:{published(running, _PORT)}", running)
    registry._wait("ready")
    return registry


def _packed(content: dict[str, Any]) -> str:
    """What server.py unpacks. Linux allows an argument 128 KiB, and tars are mostly padding."""
    return base64.b64encode(zlib.compress(json.dumps(content).encode())).decode("ascii")


def published(running: Running, port: int) -> str:
    """The port of the engine's machine that leads to `port` of the container. Raises EngineError."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        ports = running.inspect()["NetworkSettings"]["Ports"]
        with contextlib.suppress(KeyError, IndexError, TypeError):
            return str(ports[f"{port}/tcp"][0]["HostPort"])
        time.sleep(POLL)
    raise EngineError("The check's registry got no port.", detail=running.logs())

"""Builds that were recorded elsewhere, from their files.

- `.dockerbuild`: what `docker buildx history export` writes, and CI's build summary offers for download: an
  OCI layout in a tar, with BuildKit's messages, its record of the request, and the provenance;
- the output of `docker buildx build --progress=rawjson`, and the raw answer of the API's `POST /build`;
- the JSON of `course build --json`.

A file is read with a limit on its size and on what it unpacks to; nothing is written anywhere.
"""

from __future__ import annotations

import base64
import binascii
import json
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course.errors import TraceError
from course.trace import bundle
from course.trace.model import Build
from course.trace.rawjson import response
from course.trace.recorder import Recorder
from course.trace.wire import WireError

_FILE_MAX = 256 * 1024 * 1024  # bytes; a build's messages are a few hundred kB


def open_trace(path: Path | str, *, dockerfile: str = "") -> Build:
    """The build in a file; of a bundle of several, the latest.

    `dockerfile` is the Dockerfile's text, for formats that lack it: the vertices' lines are found with it.
    Raises TraceError where the file can't be read or holds no trace.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _FILE_MAX:
            raise TraceError(
                f"{path.name} has more than {_FILE_MAX // 2**20} MiB.", hint="A build's trace is far smaller."
            )
        with path.open("rb") as file:
            head = file.read(2)
        if head == b"\x1f\x8b" or tarfile.is_tarfile(path):
            return bundle.read(path)
        data = path.read_bytes()
    except OSError as error:
        raise TraceError(f"{path.name} cannot be read: {error.strerror}.", hint="Check its name.") from error
    except (tarfile.TarError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TraceError(
            f"{path.name} is damaged, or no build was ever in it.",
            hint="Export it anew: docker buildx history export -o FILE.dockerbuild",
            detail=f"{type(error).__name__}: {error}",
        ) from error
    return _own(data) or _messages(path.name, data, dockerfile)


def _own(data: bytes) -> Build | None:
    """The build, if `data` is one JSON value that `course build --json` printed."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return Build.from_json(value) if isinstance(value, Mapping) and "format" in value else None


def _messages(name: str, data: bytes, dockerfile: str) -> Build:
    recorder, words, count = Recorder(), [], 0
    for line in data.splitlines():
        try:
            count += _feed(recorder, json.loads(line))
        except (ValueError, RecursionError, WireError):
            words.append(line.decode("utf-8", "replace"))
    if not count or not any(recorder.names()):
        raise TraceError(
            f"{name} holds no message of BuildKit.",
            hint="Write one with: docker buildx build --progress=rawjson … 2> FILE",
        )
    _, failed, error = "\n".join(words).rpartition("ERROR: ")
    if failed:
        recorder.error = error.removeprefix("failed to build: ").removeprefix("failed to solve: ").strip()
    return bundle.finished(recorder, dockerfile)


def _feed(recorder: Recorder, message: Any) -> bool:
    """Takes one line's message; False if it says nothing of a build."""
    if not isinstance(message, Mapping):
        return False
    if message.get("id") == "moby.buildkit.trace":
        try:
            recorder.feed(base64.b64decode(str(message.get("aux")), validate=True))
        except binascii.Error as error:
            raise WireError("no base64") from error
        return True
    if message.get("id") == "moby.image.id":
        aux = message.get("aux")
        recorder.image = str(aux.get("ID", "")) if isinstance(aux, Mapping) else ""
        return False
    if "error" in message:
        recorder.error = str(message["error"])
        return False
    known = response(message)
    recorder.feed(known)
    return bool(known.vertices or known.logs or known.statuses or known.warnings)

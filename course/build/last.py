"""The last build of a folder, kept in the course's cache: what the next one is compared with."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

from course.errors import TraceError
from course.paths import paths
from course.trace import Build

_KEPT = 200  # files; the oldest go


def last_build(context: Path, tag: str, engine: str = "") -> Build | None:
    """The last build of `context` as `tag` on the engine called `engine`, None if none is kept."""
    try:
        return Build.from_json(json.loads(_file(context, tag, engine).read_text(encoding="utf-8")))
    except (OSError, ValueError, TraceError):
        return None  # a lost memory is no error: the build is then the first


def keep(build: Build, context: Path, tag: str, engine: str = "") -> None:
    """Remembers a build, also a failed one. What can't be written is not remembered."""
    file = _file(context, tag, engine)
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Build arguments are in it, and people put secrets there: for this user's eyes alone.
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            json.dump(build.to_json(), target)
        Path(name).replace(file)
        _forget_the_oldest(file.parent)


def _file(context: Path, tag: str, engine: str) -> Path:
    key = "\0".join([str(context.resolve()), tag, engine])
    return (
        paths().cache / "builds" / f"{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}.json"
    )


def _forget_the_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_KEPT:]:
        file.unlink(missing_ok=True)

"""docker cp, between a container and the script's folder, or a pipe.

The rules of what lands where: docs.docker.com/reference/cli/docker/container/cp.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from typing import Any

from docker.errors import NotFound

from checkers.command.conversation import Call
from checkers.command.stage import Says, Stage
from checkers.command.words import Refused, Step
from checkers.limits import MIB, size

_MAX = 32 * MIB


def copy(stage: Stage, call: Call, step: Step) -> int:
    """docker cp."""
    (source, from_path), (target, to_path) = (_place(stage, call, word) for word in step.words)
    if (source is None) == (target is None) and "-" not in step.words:
        raise Says(
            "copying between containers is not supported"
            if source
            else "must specify at least one container source"
        )
    data = call.stdin() if step.words[0] == "-" else _packed(source or call.container, from_path)
    if step.words[1] == "-":
        call.out(data)
        return 0
    there = target or call.container
    if step.words[0] != "-":
        to_path, data = _landing(there, to_path, from_path, data, chown=target is None)
    elif not _is_folder(there, to_path):
        raise Says(f"destination {to_path[:80]} must be a directory")
    there.put_archive(to_path, data)
    return 0


def _place(stage: Stage, call: Call, word: str) -> tuple[Any, str]:
    """(docker-py's container, path) for CONTAINER:PATH; (None, path) for a path of the script."""
    name, colon, path = word.partition(":")
    if colon and not word.startswith((".", "/")):
        return stage.box(name).running.container, posixpath.join("/", path)
    return None, posixpath.join(call.folder, word)


def _packed(container: Any, path: str) -> bytes:
    try:
        chunks, _ = container.get_archive(path)
    except NotFound as error:
        raise Says(
            f"Error response from daemon: Could not find the file {path[:128]} in container"
        ) from error
    data = b""
    try:
        for chunk in chunks:
            data += chunk
            if len(data) > _MAX:
                raise Refused(f"docker cp copies more than {size(_MAX)}.", hint="Copy only what is needed.")
    finally:
        chunks.close()
    return data


def _landing(there: Any, to_path: str, from_path: str, data: bytes, *, chown: bool) -> tuple[str, bytes]:
    """The folder to unpack in, and the archive with the names that its files shall have there."""
    contents = from_path.endswith("/.")
    if _is_folder(there, to_path):
        return to_path, _renamed(data, "." if contents else None, chown)
    folder, new = posixpath.split(to_path.rstrip("/"))
    if not _is_folder(there, folder):
        raise Says(f"no such directory: {folder[:128]}")
    return folder, _renamed(data, new, chown)


def _is_folder(container: Any, path: str) -> bool:
    try:
        chunks, found = container.get_archive(path.rstrip("/") + "/.")
    except NotFound:
        return False
    chunks.close()
    return bool(found["mode"] & (1 << 31))  # Go's os.ModeDir


def _renamed(data: bytes, root: str | None, chown: bool) -> bytes:
    """The archive with another name for its root. What comes out of a container belongs to who copies it."""
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as old,
        tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for entry in old:
            if root is not None:
                _, slash, rest = entry.name.partition("/")
                entry.name = f"{root}{slash}{rest}"
            if chown:
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = ""
            new.addfile(entry, old.extractfile(entry) if entry.isreg() else None)
    return buffer.getvalue()


DOERS = {"container cp": copy}

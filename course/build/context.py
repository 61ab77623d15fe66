"""Packs a build context as the engine wants it: a tar, without what `.dockerignore` leaves out."""

from __future__ import annotations

import os
import stat
import tarfile
import tempfile
from pathlib import Path
from typing import IO

from docker.utils.build import exclude_paths

from course.errors import ContextError, DockerfileError

_IN_MEMORY = 8 * 1024 * 1024
DOCKERFILE_MAX = 1024 * 1024
"""Bytes. BuildKit's own frontend reads at most a few MiB; nobody writes one by hand that comes near this."""


def pack(context: Path, *, dockerfile: str = "Dockerfile", max_bytes: int | None = None) -> IO[bytes]:
    """The tar of the folder `context`, rewound; the caller closes it.

    GNU format: PAX headers with fractional times made BuildKit take the tar for a Dockerfile.
    Sockets, pipes and devices are left out, as the docker CLI does.
    Raises DockerfileError where there is no usable Dockerfile, ContextError for what cannot be read
    and for files of more than `max_bytes` in all.
    """
    check_dockerfile(context, dockerfile)
    body: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  handed to the caller
    try:
        with tarfile.open(fileobj=body, mode="w", format=tarfile.GNU_FORMAT) as tar:
            left = max_bytes
            for name in context_files(context, dockerfile):
                size = _add(tar, context, name, left)
                left = None if left is None else left - size
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


def context_files(context: Path, dockerfile: str = "Dockerfile") -> list[str]:
    """The names, relative to `context` and sorted, that the context sends after `.dockerignore`."""
    ignore = context / f"{dockerfile}.dockerignore"
    if not ignore.is_file():
        ignore = context / ".dockerignore"
    patterns: list[str] = []
    if ignore.is_file():
        lines = ignore.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return sorted(exclude_paths(str(context), patterns, dockerfile=dockerfile))


def check_dockerfile(context: Path, dockerfile: str = "Dockerfile") -> str:
    """The Dockerfile's text.

    Raises DockerfileError if it is missing, empty, a folder, too large or not UTF-8.
    """
    path = context / dockerfile
    if not context.is_dir():
        raise ContextError(f"There is no folder {context.name}.", hint="Check the path.")
    if path.is_dir():
        raise DockerfileError(
            f"{dockerfile} is a folder, not a file.", hint=f"Write a file named {dockerfile}."
        )
    if not path.is_file():
        raise DockerfileError(
            f"There is no {dockerfile} in {context.name}.", hint=f"Create {context.name}/{dockerfile}."
        )
    if path.stat().st_size > DOCKERFILE_MAX:
        raise DockerfileError(
            f"{dockerfile} has {path.stat().st_size:,} bytes. That is data, not a Dockerfile.",
            hint="Put data into files of their own and COPY them.",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DockerfileError(
            f"{dockerfile} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8."
        ) from error
    except OSError as error:
        raise DockerfileError(
            f"{dockerfile} cannot be read: {error.strerror}.", hint="Check its owner."
        ) from error
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        raise DockerfileError(
            f"{dockerfile} holds no instruction.", hint="Its first instruction is FROM.", line=1
        )
    return text


def _add(tar: tarfile.TarFile, context: Path, name: str, left: int | None) -> int:
    path = context / name
    try:
        status = path.lstat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode)):
            return 0
        info = tar.gettarinfo(str(path), arcname=name)
        info.mtime = int(info.mtime)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        if not info.isreg():
            if info.islnk():  # a second name of a file already sent: BuildKit takes it as such
                tar.addfile(info)
                return 0
            tar.addfile(info)
            return 0
        if left is not None and info.size > left:
            raise ContextError(
                f"The build context is larger than allowed: {name} no longer fits.",
                hint="Name what the build doesn't need in .dockerignore.",
            )
        with path.open("rb") as file:
            tar.addfile(info, file)
    except OSError as error:
        raise ContextError(
            f"The build context cannot be read: {name}: {error.strerror or error}.",
            hint="Make the file readable, or name it in .dockerignore.",
        ) from error
    return info.size


def relative_dockerfile(dockerfile: str) -> str:
    """The Dockerfile's name inside the context, with forward slashes."""
    return os.path.normpath(dockerfile).replace(os.sep, "/")

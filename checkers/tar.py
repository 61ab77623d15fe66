"""Small tars, for what the checker puts into a container."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping


def packed(files: Mapping[str, bytes], mode: int = 0o644) -> bytes:
    """A tar of these files, all root's."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        add(tar, files, mode)
    return buffer.getvalue()


def add(tar: tarfile.TarFile, files: Mapping[str, bytes], mode: int = 0o644) -> None:
    """Adds these files to a tar that holds other things as well."""
    for name, content in files.items():
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), mode
        tar.addfile(entry, io.BytesIO(content))

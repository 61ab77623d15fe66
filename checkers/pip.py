"""Source packages made by the checker for pip: versions that no cache has seen before."""

from __future__ import annotations

import gzip
import io
import tarfile


def source_package(name: str, version: str, backend: bytes) -> tuple[str, bytes]:
    """The file name and bytes of a source package whose one build backend is `backend`; it needs nothing
    else, so that pip builds it without a network. The same arguments give the same bytes."""
    folder = f"{name.replace('-', '_')}-{version}"
    project = (
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n'
    )
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path, content in (("pyproject.toml", project.encode()), ("backend.py", backend)):
            entry = tarfile.TarInfo(f"{folder}/{path}")
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return f"{folder}.tar.gz", buffer.getvalue()


def member(package: bytes, name: str) -> bytes:
    """The content of the file `name` in a source package. Raises KeyError if there is none."""
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as tar:
        for entry in tar:
            file = tar.extractfile(entry) if entry.isreg() else None
            if file and entry.name.partition("/")[2] == name:
                return file.read()
    raise KeyError(name)

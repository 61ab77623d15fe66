"""Bundles: base images in one `docker save` file, for machines that reach no registry.

A bundle is never loaded as a whole: `docker load` would move tags that the engine has already. Only the
images that are wanted go in, with their manifests kept, so that digests stay those of the registry.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import docker

from course.engine.failures import engine_errors
from course.engine.labels import STAND_IN
from course.errors import BundleError, InputError
from course.images.status import familiar
from course.paths import paths
from course.steps import Step

_CHUNK = 1024 * 1024
_INDEX_NAME = "io.containerd.image.name"  # containerd's annotation: the full reference in index.json


def default_bundle() -> Path | None:
    """The bundle that a pull looks into: COURSE_BUNDLE, else bundle.tar in the cache, if it is there."""
    named = os.environ.get("COURSE_BUNDLE")
    if named:
        return Path(named).expanduser()
    path = paths().cache / "bundle.tar"
    return path if path.is_file() else None


@dataclass(frozen=True)
class Bundled:
    """One image in a bundle."""

    name: str
    stand_in: bool


class Bundle:
    """A bundle that can be read. Use it in a `with`; one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Raises BundleError for a file that is missing, unreadable or no bundle."""
        self.path = path
        try:
            self._tar = tarfile.open(path)  # noqa: SIM115  closed by __exit__
        except (OSError, tarfile.TarError) as error:
            raise BundleError(f"The bundle {path} cannot be read: {error}", hint=_HINT) from error
        try:
            self._manifest = self._json("manifest.json")
            self.images = tuple(self._list())
        except (KeyError, ValueError, TypeError, tarfile.TarError) as error:
            self._tar.close()
            raise BundleError(
                f"{path} holds no images: {error}", hint=f"A bundle is what docker save writes. {_HINT}"
            ) from error

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def load(self, client: docker.DockerClient, names: Iterable[str], step: Step) -> None:
        """Loads these images of the bundle, and no other. Raises BundleError or EngineError."""
        with tempfile.TemporaryFile() as part:
            self._extract(set(names), part)
            total = part.tell()
            part.seek(0)
            try:
                with engine_errors():
                    client.images.load(_counted(part, total, step))  # type: ignore[arg-type]  # requests iterates
            except docker.errors.ImageLoadError as error:
                raise BundleError(
                    f"The engine refused images from {self.path}.", detail=str(error)
                ) from error

    def _list(self) -> Iterator[Bundled]:
        for entry in self._manifest:
            labels = (self._json(entry["Config"]).get("config") or {}).get("Labels") or {}
            for tag in map(familiar, entry["RepoTags"] or ()):
                yield Bundled(tag, stand_in=labels.get(STAND_IN) == tag)

    def _extract(self, names: set[str], target: IO[bytes]) -> None:
        """Writes a smaller bundle with `names` alone to `target`."""
        entries = [
            {**entry, "RepoTags": tags}
            for entry in self._manifest
            if (tags := [tag for tag in entry["RepoTags"] or () if familiar(tag) in names])
        ]
        members = {member for entry in entries for member in (entry["Config"], *entry["Layers"])}
        written: dict[str, Any] = {"manifest.json": entries}
        if "index.json" in self._tar.getnames():
            index = self._json("index.json")
            index["manifests"] = [one for one in index["manifests"] if self._wanted(one, names)]
            members |= {blob for one in index["manifests"] for blob in self._blobs(one)} | {"oci-layout"}
            written["index.json"] = index
        with tarfile.open(fileobj=target, mode="w") as tar:
            self._copy(members, tar)
            for name, value in written.items():
                body = json.dumps(value).encode()
                info = tarfile.TarInfo(name)
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))

    def _copy(self, members: set[str], tar: tarfile.TarFile) -> None:
        # Engines before 25 save a layer that two images share once, and links to it from the other image.
        for name in sorted(members):
            info = self._tar.getmember(name)
            if info.issym():
                info = self._tar.getmember(os.path.normpath(str(Path(name).parent / info.linkname)))
            source = self._tar.extractfile(info)
            if source is None:
                raise BundleError(f"The bundle {self.path} is damaged: {name} is no file.", hint=_HINT)
            copied = tarfile.TarInfo(name)
            copied.size = info.size
            tar.addfile(copied, source)

    def _wanted(self, descriptor: dict[str, Any], names: set[str]) -> bool:
        return familiar((descriptor.get("annotations") or {}).get(_INDEX_NAME, "")) in names

    def _blobs(self, descriptor: dict[str, Any]) -> Iterator[str]:
        """The members that a manifest or an index needs, itself included, as far as the bundle has them."""
        name = "blobs/" + descriptor["digest"].replace(":", "/")
        if name not in self._tar.getnames():
            return  # of another platform: saved by name only
        yield name
        if descriptor["mediaType"].endswith(
            ("manifest.v1+json", "index.v1+json", "manifest.v2+json", "list.v2+json")
        ):
            body = self._json(name)
            for child in (
                *body.get("manifests", ()),
                *filter(None, (body.get("config"),)),
                *body.get("layers", ()),
            ):
                yield from self._blobs(child)

    def _json(self, name: str) -> Any:
        member = self._tar.extractfile(name)
        if member is None:
            raise KeyError(f"{name} is no file")
        return json.load(member)


def save(client: docker.DockerClient, names: Iterable[str], target: Path, step: Step) -> int:
    """Writes these images, all in the engine, into the file `target`, and returns its size in bytes.

    The file appears when it is whole. Raises InputError where it can't be written, or EngineError.
    """
    api: Any = client.api
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        url, params = api._url("/images/get"), {"names": list(names)}
        with engine_errors(), part.open("wb") as file, api.get(url, params=params, stream=True) as response:
            api._raise_for_status(response)
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                step.update(file.tell())
        part.replace(target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def _counted(file: IO[bytes], total: int, step: Step) -> Iterator[bytes]:
    done = 0
    while chunk := file.read(_CHUNK):
        done += len(chunk)
        step.update(done, total)
        yield chunk
    step.update(done, total, note="unpacking")


_HINT = "Make one on a machine that has the images: course images save FILE"

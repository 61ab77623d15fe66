"""What a project's services keep files in, made the attempt's own.

A folder of the project that is mounted (`./data:/data`) becomes a volume with the folder's content. It
behaves the same in the container and outlives it as the folder would. But nothing that a learner's code
writes lands among the checker's files, a link that it leaves there leads nowhere, and the engine may be
elsewhere.

A path that an image keeps in a volume without a name (VOLUME) gets a new one at each `up`, as Docker does;
but with a name of the attempt's, so that it goes with the rest.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from checkers.attempt import Attempt
from checkers.cage import IMAGE
from checkers.compose.images import Image
from checkers.compose.resolved import Config
from checkers.tar import add

_AT = "/seed"


@dataclass
class Seeds:
    """The volumes that stand for folders. One for each folder, also if several services mount it."""

    attempt: Attempt
    extra: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    """Files that the checker adds to what is mounted at a place in the container: place → name → content."""
    _made: dict[tuple[str, str], str] = field(default_factory=dict)

    def mounts(self, service: Config) -> list[Config]:
        """The service's mounts, folders of the project replaced."""
        return [self._mount(dict(one)) for one in service.get("volumes") or ()]

    def _mount(self, mount: Config) -> Config:
        source = Path(str(mount.get("source") or ""))
        if mount.get("type") != "bind" or source.is_file():
            return mount  # a file stays one; nobody can write beside it
        if not source.exists() and not (mount.get("bind") or {}).get("create_host_path", True):
            return mount  # the engine says so
        return {
            "type": "volume",
            "source": self.of(source, str(mount["target"])),
            "target": mount["target"],
            "read_only": bool(mount.get("read_only")),
            "volume": {"nocopy": True},  # a mounted folder hides what the image has there
        }

    def of(self, folder: Path, target: str) -> str:
        """The volume that stands for a folder of the project."""
        extra = self.extra.get(target, {})
        key = (str(folder), target if extra else "")
        if key not in self._made:
            self._made[key] = seeded(self.attempt, folder, extra)
        return self._made[key]

    @property
    def names(self) -> tuple[str, ...]:
        """All that were made."""
        return tuple(self._made.values())


def seeded(attempt: Attempt, folder: Path | None, extra: Mapping[str, bytes]) -> str:
    """A volume with the content of a folder, owners and permissions too, and with files of the checker's."""
    name = attempt.volume()
    holder = attempt.create(IMAGE, ["-"], network_mode="none", network=None, volumes=[f"{name}:{_AT}"])
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        if folder is not None and folder.is_dir():
            tar.add(folder, arcname=".")
        add(tar, extra, 0o755)
    holder.put_archive(_AT, buffer.getvalue())
    holder.remove()
    return name


def nameless(service: Config, image: Image) -> list[str]:
    """The paths in a service that would get a volume without a name: of its own, and of its image."""
    own = [str(one["target"]) for one in service.get("volumes") or () if _has_no_name(one)]
    taken = {str(one["target"]).rstrip("/") for one in service.get("volumes") or ()}
    taken |= {str(one).split(":")[0].rstrip("/") for one in _list(service.get("tmpfs"))}
    of_image = [path for path in image.config.get("Volumes") or () if path.rstrip("/") not in taken]
    return own + of_image


def named(service: Config) -> list[Config]:
    """The service's mounts without those that have no name."""
    return [one for one in service.get("volumes") or () if not _has_no_name(one)]


def _has_no_name(mount: Config) -> bool:
    return mount.get("type") == "volume" and not mount.get("source")


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value] if value else []

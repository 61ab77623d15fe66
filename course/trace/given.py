"""What a build was asked for: the half of a cache decision that BuildKit's messages don't carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ContextFile:
    """What counts for the cache in a file that was sent: its content, its type and permissions; no times.

    `content` is a hash of the bytes; of a symbolic link "-> " and where it points to; "" of a folder.
    """

    content: str
    mode: int  # as `os.stat` gives it, with the bits of its type

    def to_json(self) -> list[Any]:
        """A pair, since there can be 100,000 of them."""
        return [self.content, f"{self.mode:o}"]


@dataclass(frozen=True)
class Given:
    """A build's request. Without one (a trace of somebody else's build) less can be explained."""

    dockerfile: str = ""  # its text
    dockerfile_name: str = "Dockerfile"
    tag: str = ""
    target: str = ""
    platform: str = ""
    network: str = ""
    no_cache: bool = False
    build_args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, ContextFile] | None = None  # path → file, of what was sent; None: not recorded
    context_bytes: int = 0
    bases: Mapping[str, str] = field(default_factory=dict)  # image named in a FROM → its ID in the engine

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        files = self.context
        return {
            "dockerfile": self.dockerfile,
            "dockerfile_name": self.dockerfile_name,
            "tag": self.tag,
            "target": self.target,
            "platform": self.platform,
            "network": self.network,
            "no_cache": self.no_cache,
            "build_args": dict(self.build_args),
            "labels": dict(self.labels),
            "context": None if files is None else {path: file.to_json() for path, file in files.items()},
            "context_bytes": self.context_bytes,
            "bases": dict(self.bases),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Given:
        """The reverse of `to_json`. Raises KeyError, TypeError or ValueError for anything else."""
        files = data.get("context")
        return cls(
            dockerfile=str(data["dockerfile"]),
            dockerfile_name=str(data.get("dockerfile_name", "Dockerfile")),
            tag=str(data.get("tag", "")),
            target=str(data.get("target", "")),
            platform=str(data.get("platform", "")),
            network=str(data.get("network", "")),
            no_cache=bool(data.get("no_cache", False)),
            build_args=_texts(data.get("build_args") or {}),
            labels=_texts(data.get("labels") or {}),
            context=None
            if files is None
            else {str(path): ContextFile(str(pair[0]), int(pair[1], 8)) for path, pair in files.items()},
            context_bytes=int(data.get("context_bytes", 0)),
            bases=_texts(data.get("bases") or {}),
        )


def _texts(data: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in data.items()}

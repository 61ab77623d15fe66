"""What BuildKit's cache holds, record by record, as the engine tells it (`docker system df -v`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import docker

from course.engine.failures import engine_errors

_KINDS = {
    "regular": "a step's result",
    "source.local": "a context sent by the CLI",
    "exec.cachemount": "a cache mount",
    "frontend": "a Dockerfile frontend",
    "source.git.checkout": "a git checkout",
    "internal": "BuildKit's own",
}


@dataclass(frozen=True)
class CacheRecord:
    """One record. Times are seconds since the epoch, None where the engine gives none."""

    id: str
    kind: str  # BuildKit's word: "regular", "source.local", "exec.cachemount", …
    description: str
    bytes: int
    in_use: bool
    shared: bool  # with an image: removing it frees nothing
    uses: int
    created: float | None = None
    used: float | None = None
    parents: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """Its kind in plain words."""
        return _KINDS.get(self.kind, self.kind)

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "description": self.description,
            "bytes": self.bytes,
            "in_use": self.in_use,
            "shared": self.shared,
            "uses": self.uses,
            "created": self.created,
            "used": self.used,
            "parents": list(self.parents),
        }


def cache_records(client: docker.DockerClient) -> tuple[CacheRecord, ...]:
    """All records of the engine's build cache, the largest first. Raises EngineGone, EngineRefused."""
    api: Any = client.api
    with engine_errors():
        # Asked for the cache alone (API 1.42), since adding up volumes takes long; older engines tell all.
        answer = api._result(api._get(api._url("/system/df"), params={"type": "build-cache"}), json=True)
    found = [_record(one) for one in answer.get("BuildCache") or ()]
    return tuple(sorted(found, key=lambda record: (-record.bytes, record.id)))


def _record(data: dict[str, Any]) -> CacheRecord:
    parents = data.get("Parents") or ([data["Parent"]] if data.get("Parent") else [])  # one, before 23
    return CacheRecord(
        id=str(data["ID"]),
        kind=str(data.get("Type", "")),
        description=str(data.get("Description", "")),
        bytes=int(data.get("Size") or 0),
        in_use=bool(data.get("InUse")),
        shared=bool(data.get("Shared")),
        uses=int(data.get("UsageCount") or 0),
        created=_seconds(data.get("CreatedAt")),
        used=_seconds(data.get("LastUsedAt")),
        parents=tuple(map(str, parents)),
    )


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text and not text.startswith("0001") else None

"""What the figures of a container's life read from the engine's events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def nanoseconds(event: Mapping[str, Any]) -> int:
    """When it happened, since the epoch, by the engine's clock; engines without `timeNano` tell seconds."""
    return int(event.get("timeNano") or int(event["time"]) * 1_000_000_000)

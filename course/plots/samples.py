"""What the figures of resource use read from the engine's statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any


def seconds_of(samples: Sequence[Mapping[str, Any]]) -> list[float]:
    """When each sample was taken, in seconds after the first, by the engine's own clock."""
    times = [_read(sample) for sample in samples]
    return [(time - times[0]).total_seconds() for time in times]


def cpus_of(samples: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    """(seconds, CPUs in use since the sample before): one point fewer than there are samples."""
    seconds = seconds_of(samples)
    used = [sample["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9 for sample in samples]
    return [
        (later, (much - little) / (later - sooner))
        for (sooner, later), (little, much) in zip(pairwise(seconds), pairwise(used), strict=True)
        if later > sooner
    ]


def _read(sample: Mapping[str, Any]) -> datetime:
    # Nanoseconds, of which Python 3.11 and later read six digits and drop the rest.
    return datetime.fromisoformat(str(sample["read"]))

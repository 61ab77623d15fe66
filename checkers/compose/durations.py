"""Durations as Compose writes them: Go's "1m30s", also "0.5s", "100ms", "1h"."""

from __future__ import annotations

import re

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"([\d.]+)(h|ms|m|s|us|µs|ns)")


def seconds(text: str) -> float:
    """The seconds of one. What isn't one counts for nothing: Compose has refused it already."""
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def written(count: float) -> str:
    """The seconds as Compose reads them."""
    return f"{round(count * 1000)}ms"

"""Bytes and times in words, in one place: terminal, tape and messages say the same of the same number."""

from __future__ import annotations


def size(count: float) -> str:
    """Bytes in decimal units, as docker prints them: 0 B, 837 B, 1.9 kB, 306 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable")


def duration(seconds: float) -> str:
    """Time that somebody spent, to the minute: "", under a minute, 12 min, 1 h 05 min."""
    if seconds <= 0:
        return ""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"

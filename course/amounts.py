"""Bytes and times in words, in one place: terminal, tape and messages say the same of the same number."""

from __future__ import annotations


def size(count: float) -> str:
    """Bytes in decimal units, as docker prints them: 0 B, 837 B, 1.9 kB, 306 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable")


def progress(done: float | None, total: float | None, unit: str) -> str:
    """How far a step is, as `course.steps.Step.update` tells it: 5.0 of 10.0 MB, 5.0 MB, 3 of 7, or "".

    `unit` is "bytes" where bytes are counted; other counts are told only where there is a total.
    """
    if done is not None and unit == "bytes":
        return f"{done / 1e6:.1f} MB" if total is None else f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
    return f"{done:.0f} of {total:.0f}" if done is not None and total is not None else ""


def duration(seconds: float) -> str:
    """Time that somebody spent, to the minute: "", under a minute, 12 min, 1 h 05 min."""
    if seconds <= 0:
        return ""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"

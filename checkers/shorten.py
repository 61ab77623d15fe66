"""The engine's and the learner's words in a report: their own, without our paths, and not endless."""

from __future__ import annotations

import re
import tempfile

from checkers.attempt import Attempt

MAX = 2000  # characters
_COPIES = re.compile(re.escape(tempfile.gettempdir()) + r"/course-check-[^/\s]+/")
# Control characters could repaint a terminal; tabs and line ends are fine.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str, attempt: Attempt | None = None) -> str:
    """`text` without escape sequences and host paths, the end kept of what is too long."""
    # A file's name that is no UTF-8 comes as surrogates, which no terminal and no file takes.
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _COPIES.sub("", text).strip()
    if attempt is not None:
        text = text.replace(f"{attempt.place}/", "").replace(str(attempt.place), attempt.place.name)
    if len(text) <= MAX:
        return text
    return f"… ({len(text) - MAX:,} characters left out)\n{text[-MAX:]}"


def short_path(path: str) -> str:
    """A path that fits a line: its beginning and its end."""
    return path if len(path) <= 60 else f"{path[:32]}…{path[-26:]}"

"""Points at a line of a Compose file. The text serves for nothing else: what holds, Compose has said."""

from __future__ import annotations

import re

from checkers.review.seen import Compose


def line_of(compose: Compose, service: str, *words: str) -> int | None:
    """The line of the service's entry that holds the first of `words` to be found, else that of its name."""
    lines = compose.text.splitlines()
    start, indent = _service(lines, service)
    if start is None:
        return None
    block = []
    for number in range(start + 1, len(lines)):
        text = lines[number]
        if text.strip() and not text.lstrip().startswith("#"):
            if len(text) - len(text.lstrip()) <= indent:
                break
            block.append(number)
    for word in words:
        for number in block:
            if word in lines[number]:
                return number + 1
    return start + 1


def _service(lines: list[str], service: str) -> tuple[int | None, int]:
    name = re.compile(rf"^(\s+)[\"']?{re.escape(service)}[\"']?\s*:")
    inside = False
    for number, text in enumerate(lines):
        if re.match(r"[A-Za-z]", text):
            inside = text.startswith("services")
        elif inside and (match := name.match(text)):
            return number, len(match[1])
    return None, 0

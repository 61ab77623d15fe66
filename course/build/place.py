"""Finds the line that an error is about, where BuildKit names none: over the API it tells the words only."""

from __future__ import annotations

import re

from course.dockerfile import Instruction, parse

_QUOTED = re.compile(r'"([^"]+)"')
_LAST = re.compile(r": (\S+)$")
_OCTAL = re.compile(r"^[0-7]{1,4}$")


def line_of(words: str, dockerfile: str) -> int | None:
    """The line of the one instruction that the words of an error can be about, from 1.

    None where several could be meant, or none. The words hold what they stumbled over, mostly in quotes or
    at their end (moby/buildkit, frontend/dockerfile).
    """
    instructions = parse(dockerfile)
    lines = dockerfile.splitlines()
    for part in (*_QUOTED.findall(words), *_LAST.findall(words)):
        if found := [one for one in instructions if part in _source(one, lines)]:
            return _only(found)
    if words == "unterminated heredoc":
        return _only([one for one in instructions if one.body and one.end == len(lines)])
    if words == "invalid syntax":  # of a number: strconv's words, and only --chmod takes one
        return _only([one for one in instructions if _not_octal(one)])
    return None


def takes_from(name: str, dockerfile: str) -> int | None:
    """The line of the first instruction that copies or mounts from `name`, of a stage or an image."""
    short = name.removesuffix(":latest")
    for one in parse(dockerfile):
        sources = [one.flag("from")] + [
            option.removeprefix("from=") for flag in one.flags for option in flag.partition("=")[2].split(",")
            if option.startswith("from=")
        ]  # fmt: skip
        if short in sources or name in sources:
            return one.line
    return None


def base_line(name: str, dockerfile: str) -> int | None:
    """The line of the first FROM that names the image."""
    short = name.removesuffix(":latest")
    named = (one for one in parse(dockerfile) if one.keyword == "FROM" and one.args.split())
    return next((one.line for one in named if one.args.split()[0] in {short, name}), None)


def excerpt(dockerfile: str, line: int) -> str:
    """The line and its neighbours, numbered; "" where the Dockerfile isn't known."""
    lines = dockerfile.splitlines()
    shown = range(max(1, line - 1), min(len(lines), line + 1) + 1)
    return "\n".join(f"{'>' if number == line else ' '} {number} {lines[number - 1]}" for number in shown)


def _source(one: Instruction, lines: list[str]) -> str:
    return "\n".join(lines[one.line - 1 : one.end])


def _not_octal(one: Instruction) -> bool:
    mode = one.flag("chmod")
    return mode is not None and not _OCTAL.match(mode)


def _only(found: list[Instruction]) -> int | None:
    return found[0].line if len(found) == 1 else None

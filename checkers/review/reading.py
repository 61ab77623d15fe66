"""What can be known of a project without building it: its context, its bases, what looks like a secret."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path

import xxhash

from checkers.review import secrets
from checkers.review.seen import Base, Seen, Sent
from course.build.survey import Survey
from course.dockerfile import Instruction, parse, stages
from course.trace import ContextFile
from course.trace.copied import select, sources

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|(?P<bare>\w+))")


def read(folder: Path, dockerfile: str, text: str, found: Survey, buildargs: Mapping[str, str]) -> Seen:
    """The beginning of what is seen: `folder` is a copy, `found` what a build of it is given."""
    files = [entry for entry in found.entries if stat.S_ISREG(entry.status.st_mode)]
    lines = copied(text, [entry.path for entry in files])
    context: dict[str, Sent] = {}
    digests: dict[str, str] = {}
    hits: list[secrets.Found] = []
    for entry in files:
        context[_readable(entry.path)] = Sent(entry.size, lines.get(entry.path))
        if entry.size <= secrets.LARGEST and _worth(entry.path):
            content = (folder / entry.path).read_bytes()
            if found_here := secrets.scan(_readable(entry.path), content):
                hits += found_here
                digests[xxhash.xxh3_128_hexdigest(content)] = _readable(entry.path)
    return Seen(
        dockerfile,
        text,
        found.ignore_file,
        context,
        tuple(hits),
        digests,
        bases(text, buildargs),
    )


def copied(text: str, paths: list[str]) -> dict[str, int]:
    """Path → the line of the first instruction that reads it from the context."""
    files = {path: ContextFile("", 0) for path in paths}
    found: dict[str, int] = {}
    for one in parse(text):
        if one.keyword in {"COPY", "ADD", "RUN"} and (
            wanted := sources(" ".join([one.keyword, *one.flags, one.args]))
        ):
            for path in select(files, wanted):
                found.setdefault(path, one.line)
    return found


def bases(text: str, buildargs: Mapping[str, str]) -> tuple[Base, ...]:
    """The images that its FROM lines name, each once."""
    known = stages(text)
    found: dict[str, Base] = {}
    for stage, (name, line) in enumerate(_froms(text, buildargs)):
        if name not in {"", "scratch"} and known.get(name.lower(), stage) >= stage:
            found.setdefault(name, Base(name, line))
    return tuple(found.values())


def final_base(text: str, buildargs: Mapping[str, str], target: str) -> str:
    """The image that the image to be built stands on, through all stages; "" for scratch."""
    known, froms = stages(text), _froms(text, buildargs)
    if not froms:
        return ""
    stage = known.get(target.lower(), int(target) if target.isdecimal() else len(froms) - 1)
    stage = min(stage, len(froms) - 1)
    while known.get(froms[stage][0].lower(), stage) < stage:
        stage = known[froms[stage][0].lower()]
    return "" if froms[stage][0] == "scratch" else froms[stage][0]


def _froms(text: str, buildargs: Mapping[str, str]) -> list[tuple[str, int]]:
    """What each FROM names, its arguments filled in, and its line."""
    values: dict[str, str] = {}
    found = []
    for one in parse(text):
        if one.keyword == "ARG" and one.stage < 0:
            name, _, default = one.args.partition("=")
            values[name.strip()] = buildargs.get(name.strip(), default.strip().strip("\"'"))
        if one.keyword == "FROM":
            found.append((_image(one, values), one.line))
    return found


def _image(one: Instruction, values: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return values.get(match["braced"] or match["bare"]) or match["default"] or ""

    words = _VARIABLE.sub(value, one.args).split()
    return words[0] if words else ""


def _worth(path: str) -> bool:
    """Whether to look into it: not into what other people have packed, whose tests are full of keys."""
    parts = path.split("/")[:-1]
    return not {"node_modules", "site-packages", ".venv", "venv", "vendor"}.intersection(parts) and (
        ".git" not in parts or path.endswith(".git/config")
    )


def _readable(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

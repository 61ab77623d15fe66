"""Which files of the context an instruction reads, as BuildKit matches them.

COPY and ADD name sources relative to the context's root: files, folders, or patterns of Go's path.Match,
where `*` stays within one name (moby/buildkit, cache/contenthash: ChecksumWildcard). A RUN reads the context
where it mounts it: `--mount=type=bind` without `from=`.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from course.dockerfile import parse
from course.trace.given import ContextFile

_REMOTE = re.compile(r"^(https?://|git@|ssh://|git://)")


def sources(instruction: str) -> tuple[str, ...]:
    """The sources in the context that `instruction` reads ("." is all of it); () if it reads none.

    `instruction` is a whole one, with its variables expanded, as BuildKit writes it in a vertex's name.
    """
    for found in parse(instruction):
        if found.keyword in {"COPY", "ADD"}:
            if found.flag("from") is not None:
                return ()
            named = _words(found.args)[:-1]
            return tuple(_clean(one) for one in named if not one.startswith("<<") and not _REMOTE.match(one))
        if found.keyword == "RUN":
            return tuple(_mounted(found.flags))
    return ()


def excluded(instruction: str) -> tuple[str, ...]:
    """The patterns of its `--exclude` flags."""
    for found in parse(instruction):
        return tuple(flag.partition("=")[2] for flag in found.flags if flag.startswith("--exclude="))
    return ()


def select(files: Mapping[str, ContextFile], wanted: Sequence[str]) -> dict[str, ContextFile]:
    """The files of the context that sources match: themselves, and what lies in a folder that is matched."""
    whole = [one for one in wanted if not _is_pattern(one)]
    patterns = [translate(one) for one in wanted if _is_pattern(one)]
    if "." in whole:
        return dict(files)
    found: dict[str, ContextFile] = {}
    for path, file in files.items():
        parents = list(_with_parents(path))
        if any(one in parents for one in whole) or any(
            one.fullmatch(parent) for one in patterns for parent in parents
        ):
            found[path] = file
    # A link is followed where it is named itself: then what it points to counts as well.
    for one in [*whole, *found]:
        target = files.get(one)
        if one in whole and target and target.content.startswith("-> "):
            pointed = posixpath.normpath(posixpath.join(posixpath.dirname(one), target.content[3:]))
            if pointed not in whole:
                found.update(select(files, [pointed]))
    return found


def translate(pattern: str) -> re.Pattern[str]:
    """A pattern of Go's path.Match as a regular expression: `*`, `?` and `[…]` never match a slash."""
    out, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            out += "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char == "[" and (end := pattern.find("]", at + 2)) > 0:
            inner = pattern[at + 1 : end]
            negated = inner.startswith("^")
            escaped = re.sub(r"([\[&~|])", r"\\\1", inner[negated:])
            out += f"(?!/)[{'^' if negated else ''}{escaped}]"
            at = end
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            out += re.escape(pattern[at])
        else:
            out += re.escape(char)
        at += 1
    try:
        return re.compile(out, re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern))


def _is_pattern(source: str) -> bool:
    return any(char in source for char in "*?[")


def _with_parents(path: str) -> Iterable[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def _words(args: str) -> list[str]:
    if args.startswith("["):
        try:
            found = json.loads(args)
        except ValueError:
            found = None
        if isinstance(found, list):
            return [str(one) for one in found]
    try:
        return shlex.split(args)
    except ValueError:
        return args.split()


def _mounted(flags: Iterable[str]) -> Iterable[str]:
    for flag in flags:
        name, _, value = flag.partition("=")
        if name != "--mount":
            continue
        options = dict(part.partition("=")[::2] for part in value.strip("\"'").split(","))
        if options.get("type", "bind") == "bind" and "from" not in options:
            yield _clean(options.get("source", options.get("src", ".")))


def _clean(source: str) -> str:
    # The context is a root of its own: "/a", "../a" and "a/" all mean its "a".
    return posixpath.normpath("/" + source).lstrip("/") or "."

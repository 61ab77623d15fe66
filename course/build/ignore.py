"""`.dockerignore`, as BuildKit reads it.

The rules are those of moby/patternmatcher (patterns), its `ignorefile` (lines) and tonistiigi/fsutil (the
walk), looked up there and compared with real builds in tests/engine/test_build_ignore.py. They are like
.gitignore's only at first sight: a pattern without a slash matches at the root alone, the last pattern that
matches decides, and `#` begins a comment only as a line's first character.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from course.errors import ContextError

Verdicts = tuple[bool, ...]
"""Of a folder: which of the patterns match it. Its content is judged with them."""

# Escaped by patternmatcher for Go's regular expressions. `{`, `|` and `}` are meant to be, and are not (their
# bits fall off its table's bytes), so that `a|b*` really is an alternative.
_ESCAPED = frozenset(".+()$")


@dataclass(frozen=True)
class Pattern:
    """One line."""

    text: str  # cleaned, without its "!"
    includes: bool = False  # it began with "!"

    def matches(self, path: str) -> bool:
        """Whether it matches the path itself, with no thought of its parents."""
        return self._test(path)

    @cached_property
    def _test(self) -> Callable[[str], bool]:
        text, kind, expression = self.text, *_compile(self.text)
        if kind == "exact":
            return lambda path: path == text
        if kind == "prefix":  # "a/**"
            return lambda path: path.startswith(text[:-2])
        if kind == "suffix":  # "**/a", "**a", "**"
            end = text[2:]
            return lambda path: path.endswith(end) or (end.startswith("/") and path == end[1:])
        try:
            found = re.compile(expression, re.ASCII)
        except re.error as error:
            raise _bad(text) from error
        return lambda path: found.search(path) is not None


@dataclass(frozen=True)
class Ignore:
    """The patterns of an ignore file, in order."""

    patterns: tuple[Pattern, ...] = ()

    def judge(self, path: str, parent: Verdicts = ()) -> tuple[bool, Verdicts]:
        """Whether `path` is left out, and what to hand on for what lies in it.

        `parent` is what its folder gave; () at the root.
        """
        ignored, found = False, []
        for place, pattern in enumerate(self.patterns):
            hit = bool(parent) and parent[place]
            # A pattern is asked only where it can change the verdict; what isn't asked counts as no match,
            # also for the content of a folder. So does BuildKit.
            if not hit and pattern.includes == ignored:
                hit = pattern.matches(path)
            if hit:
                ignored = not pattern.includes
            found.append(hit)
        return ignored, tuple(found)

    def may_hold_included(self, folder: str) -> bool:
        """Whether something in an ignored folder may come back by a "!" pattern."""
        for pattern in self.patterns:
            if pattern.includes and (
                f"{pattern.text}/".startswith(f"{folder}/") or re.search(r"[*?\[\\^]", pattern.text)
            ):
                return True
        return False


def read(data: bytes) -> Ignore:
    """The patterns in an ignore file. Raises ContextError for one that no build accepts."""
    found = []
    for line in data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith("#") or not (text := line.strip()):
            continue
        includes = text.startswith("!")
        if includes:
            text = text[1:].strip()
            if not text:
                raise ContextError(
                    "A line of the ignore file is a lone “!”.", hint="Name what is to be kept behind it."
                )
        found.append(_pattern(clean(text), includes))
    return Ignore(tuple(found))


def clean(path: str) -> str:
    """The shortest form of a path, as Go's path.Clean gives it, without a leading slash."""
    short = posixpath.normpath(path)
    if short.startswith("//"):  # POSIX keeps two leading slashes, Go doesn't
        short = short[1:]
    return short[1:] if len(short) > 1 and short.startswith("/") else short


def _pattern(text: str, includes: bool) -> Pattern:
    _check(text)
    return Pattern(text, includes)


def _compile(text: str) -> tuple[str, str]:
    """How a pattern is tested ("exact", "prefix", "suffix" or "expression"), and the expression."""
    kind, out, at, first, inside = "exact", "^", 0, True, False
    while at < len(text):
        char = text[at]
        at += 1
        if text.startswith("**", at - 1):
            at += 1 + text.startswith("/", at + 1)
            if at >= len(text):
                kind, out = ("prefix", out) if kind == "exact" else ("expression", out + ".*")
            else:
                kind, out = "expression", out + "(.*/)?"
            kind = "suffix" if first else kind
        elif char in "*?":
            # BuildKit writes this into a range, too, and its bracket closes it. Python warns of a bare "[".
            out += ("\\" if inside else "") + ("[^/]*" if char == "*" else "[^/]")
            kind, inside = "expression", False
        elif char == "\\" and at < len(text):
            kind, out = "expression", out + "\\" + text[at]
            at += 1
        elif inside and char in "[&~|":  # Python would take them for operations on sets
            kind, out = "expression", out + "\\" + char
        elif char in "[]":
            kind, out, inside = "expression", out + char, char == "["
        else:
            out += f"\\{char}" if char in _ESCAPED else char
        first = False
    return kind, out + r"\Z"  # Python's `$` would also stand before a last newline


def _check(text: str) -> None:
    """Refuses what Go's path.Match refuses: an open bracket, an empty range, a backslash at the end."""
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
            if at >= len(text):
                raise _bad(text)
        elif text[at] == "[":
            at = _after_range(text, at)
            continue
        at += 1


def _after_range(text: str, at: int) -> int:
    at += 1 + text.startswith("^", at + 1)
    ranges = 0
    while not (text.startswith("]", at) and ranges):
        at = _after_char(text, at)
        if text.startswith("-", at):
            at = _after_char(text, at + 1)
        ranges += 1
    return at + 1


def _after_char(text: str, at: int) -> int:
    if at >= len(text) or text[at] in "-]":
        raise _bad(text)
    at += text[at] == "\\"
    if at + 1 >= len(text):  # a range must be closed: something has to follow
        raise _bad(text)
    return at + 1


def _bad(text: str) -> ContextError:
    return ContextError(
        f"The ignore file's pattern {text} cannot be read.",
        hint="Close its brackets, or put a backslash before what is meant literally.",
    )


def names_of(dockerfile: str) -> Sequence[str]:
    """Where the patterns may stand, the first that exists being used."""
    return (f"{dockerfile}.dockerignore", ".dockerignore")

"""What is in force where an instruction stands: variables, user, shell. BuildKit puts them into the cache key
of every RUN, so a changed one runs it again without a word of the RUN itself having changed.

(moby/buildkit, frontend/dockerfile/dockerfile2llb: an ARG is in the environment of the RUNs below it in its
stage, used or not; ENV, USER and SHELL are inherited by `FROM stage`, an ARG is not.)
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from course.dockerfile import Instruction

_VARIABLE = re.compile(r"\\\$|\$(?:(?P<plain>\w+)|\{(?P<name>\w+)(?::(?P<mode>[-+?])(?P<word>[^}]*))?\})")
# The proxies reach a RUN without a declaration, and are left out of the key.
_PREDEFINED = {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"}


@dataclass(frozen=True)
class Setting:
    """One thing in force: its value and the line that says it."""

    value: str
    line: int


@dataclass(frozen=True)
class Scope:
    """All that is in force before an instruction."""

    args: Mapping[str, Setting] = field(default_factory=dict)
    env: Mapping[str, Setting] = field(default_factory=dict)
    others: Mapping[str, Setting] = field(default_factory=dict)  # USER, SHELL

    def value(self, name: str) -> str | None:
        """What `$name` gives: ENV wins over ARG."""
        found = self.env.get(name) or self.args.get(name)
        return found.value if found else None


def scopes(instructions: tuple[Instruction, ...], given: Mapping[str, str]) -> dict[int, Scope]:
    """Line of an instruction → what is in force before it. `given` are the build arguments."""
    found: dict[int, Scope] = {}
    globals_: dict[str, Setting] = {}
    ends: dict[str, Scope] = {}  # a stage's name or number → what is in force at its end
    now = Scope()
    for one in instructions:
        found[one.line] = Scope(dict(globals_)) if one.keyword == "FROM" else now
        if one.keyword == "FROM":
            words = one.args.split()
            base = expand(words[0], Scope(dict(globals_))).lower() if words else ""
            inherited = ends.get(base, Scope())
            now = Scope({}, inherited.env, inherited.others)
        elif one.stage < 0:
            if one.keyword == "ARG":
                _declare(one, globals_, given, Scope(dict(globals_)), {})
            continue
        elif one.keyword == "ARG":
            args = dict(now.args)
            _declare(one, args, given, now, globals_)
            now = Scope(args, now.env, now.others)
        elif one.keyword == "ENV":
            values = {name: Setting(expand(value, now), one.line) for name, value in _pairs(one.args)}
            now = Scope(now.args, {**now.env, **values}, now.others)
        elif one.keyword in {"USER", "SHELL"}:
            others = {**now.others, one.keyword: Setting(expand(one.args, now), one.line)}
            now = Scope(now.args, now.env, others)
        ends[_stage_name(instructions, one.stage)] = ends[str(one.stage)] = now
    return found


def used(text: str) -> set[str]:
    """The names of the variables in `text`."""
    return {match["plain"] or match["name"] for match in _VARIABLE.finditer(text) if match[0] != "\\$"}


def expand(text: str, scope: Scope) -> str:
    """`text` with its variables replaced, in the forms that Dockerfiles know."""

    def replaced(match: re.Match[str]) -> str:
        if match[0] == "\\$":
            return "$"
        value = scope.value(match["plain"] or match["name"])
        if match["mode"] == "-":
            return value or match["word"]
        if match["mode"] == "+":
            return match["word"] if value else ""
        return value or ""

    return _VARIABLE.sub(replaced, text)


def _declare(
    one: Instruction,
    args: dict[str, Setting],
    given: Mapping[str, str],
    scope: Scope,
    outer: Mapping[str, Setting],
) -> None:
    for word in _words(one.args):
        name, has_default, default = word.partition("=")
        if name.upper() in _PREDEFINED:
            continue
        if name in given:
            args[name] = Setting(given[name], one.line)
        elif has_default:
            args[name] = Setting(expand(default, scope), one.line)
        else:
            known = outer.get(name)
            args[name] = Setting(known.value if known else "", one.line)


def _pairs(args: str) -> list[tuple[str, str]]:
    words = _words(args)
    if words and "=" not in words[0]:  # the old form: ENV NAME the rest is its value
        name, _, value = args.partition(" ")
        return [(name, value.strip())]
    return [(name, value) for name, _, value in (word.partition("=") for word in words)]


def _words(args: str) -> list[str]:
    try:
        return shlex.split(args)
    except ValueError:
        return args.split()


def _stage_name(instructions: tuple[Instruction, ...], stage: int) -> str:
    for one in instructions:
        if one.keyword == "FROM" and one.stage == stage:
            words = one.args.split()
            return words[2].lower() if len(words) == 3 and words[1].upper() == "AS" else str(stage)
    return str(stage)

"""As much of Go's text/template as `docker inspect --format` is used with: fields, index, json, range, if.

The language: pkg.go.dev/text/template; docker's own functions: docs.docker.com/engine/cli/formatting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_WORD = re.compile(r"\(|\)|\||\"(?:[^\"\\]|\\.)*\"|`[^`]*`|[^\s()|]+")
_DEPTH = 20


class NotUnderstood(ValueError):
    """A template that this isn't enough for, or that Go would refuse."""


def render(template: str, value: Any) -> str:
    """The template filled in with `value`. Raises NotUnderstood."""
    tokens = _tokens(template.replace("\\n", "\n").replace("\\t", "\t"))
    return "".join(_block(tokens, value, {"$": value}, set(), _DEPTH)[0])


def _tokens(template: str) -> Iterator[tuple[bool, str]]:
    """(is an action, text), one after the other."""
    place = 0
    for match in _ACTION.finditer(template):
        yield False, template[place : match.start()]
        yield True, match[1]
        place = match.end()
    rest = template[place:]
    if "{{" in rest:
        raise NotUnderstood("an unclosed action")
    yield False, rest


def _block(
    tokens: Iterator[tuple[bool, str]], dot: Any, names: dict[str, Any], ends: set[str], depth: int
) -> tuple[list[str], str]:
    """What a block prints, and the word that ended it."""
    if depth == 0:
        raise NotUnderstood("too many blocks in blocks")
    printed: list[str] = []
    for action, text in tokens:
        if not action:
            printed.append(text)
            continue
        word, _, rest = text.partition(" ")
        if word in ends:
            return printed, word
        if word in {"if", "range", "with"}:
            printed += _nested(word, rest, list(_inside(tokens)), dot, names, depth)
        elif text and not text.startswith("/*"):
            printed.append(_shown(_value(text, dot, names)))
    if ends:
        raise NotUnderstood("a block without {{end}}")
    return printed, ""


def _inside(tokens: Iterator[tuple[bool, str]]) -> Iterator[tuple[bool, str]]:
    """The tokens of a block up to its own {{end}}, which is the last of them."""
    depth = 1
    for action, text in tokens:
        yield action, text
        word = text.partition(" ")[0] if action else ""
        depth += (word in {"if", "range", "with"}) - (word == "end")
        if depth == 0:
            return
    raise NotUnderstood("a block without {{end}}")


def _nested(
    word: str, rest: str, body: list[tuple[bool, str]], dot: Any, names: dict[str, Any], depth: int
) -> list[str]:
    variables, assigns, expression = rest.rpartition(":=")
    value = _value(expression.strip(), dot, names)
    own = [name.strip() for name in variables.split(",")] if assigns else []

    def do(inner: Any, more: dict[str, Any]) -> list[str]:
        return _block(iter(body), inner, names | more, {"end", "else"}, depth - 1)[0]

    def otherwise() -> list[str]:
        tokens = iter(body)
        _, ended = _block(tokens, None, _Anything(names), {"end", "else"}, depth - 1)
        return _block(tokens, dot, names, {"end"}, depth - 1)[0] if ended == "else" else []

    if word != "range":
        bound = dict.fromkeys(own, value)
        return do(value if word == "with" else dot, bound) if value else otherwise()
    pairs = sorted(value.items()) if isinstance(value, dict) else list(enumerate(value or ()))
    if not pairs:
        return otherwise()
    printed = []
    for key, item in pairs:
        bound = dict(zip(own, (key, item) if len(own) == 2 else (item,), strict=False))
        printed += do(item, bound)
    return printed


class _Anything(dict[str, Any]):
    """Names for a part that is only skipped."""

    def __missing__(self, name: str) -> None:
        return None


def _value(text: str, dot: Any, names: dict[str, Any]) -> Any:
    words = _WORD.findall(text)
    if not words:
        raise NotUnderstood("an empty action")
    found, rest = _pipe(words, dot, names)
    if rest:
        raise NotUnderstood(text)
    return found


def _pipe(words: list[str], dot: Any, names: dict[str, Any]) -> tuple[Any, list[str]]:
    """a | b | c, up to a closing bracket."""
    found: list[Any] = []
    while True:
        command: list[Any] = []
        name = words[0] if words and words[0] in _FUNCTIONS else ""
        words = words[1:] if name else words
        while words and words[0] not in {")", "|"}:
            if words[0] == "(":
                inner, words = _pipe(words[1:], dot, names)
                if not words:
                    raise NotUnderstood("a bracket isn't closed")
                command.append(inner)
            else:
                command.append(_operand(words[0], dot, names))
            words = words[1:]
        command += found
        if not name and len(command) != 1:
            raise NotUnderstood("more than one value where one is needed")
        try:
            found = [_FUNCTIONS[name](*command) if name else command[0]]
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            raise NotUnderstood(f"{name}: {error}") from error
        if not words or words[0] == ")":
            return found[0], words
        words = words[1:]


def _operand(word: str, dot: Any, names: dict[str, Any]) -> Any:
    if word.startswith('"'):
        return json.loads(word)
    if word.startswith("`"):
        return word[1:-1]
    if re.fullmatch(r"-?\d+", word):
        return int(word)
    if word in {"true", "false"}:
        return word == "true"
    first, *path = word.split(".")
    if first.startswith("$"):
        if first not in names and not isinstance(names, _Anything):
            raise NotUnderstood(f"{first} is not set")
        dot = names.get(first)
    elif first:
        raise NotUnderstood(f"there is no function {first} here")
    for key in path:
        if key:
            dot = _member(dot, key)
    return dot


def _member(value: Any, key: str) -> Any:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise NotUnderstood(f"there is no field {key} in {type(value).__name__}")
    if key in value:
        return value[key]
    # The engine leaves out some fields that are empty; docker prints <no value> for a key of a map.
    return None


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else value[int(key)]
    return value


def _shown(value: Any) -> str:
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_shown(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_shown, value)) + "]"
    return str(value)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "index": _index,
    "json": lambda value: json.dumps(value, separators=(",", ":")),
    "len": len,
    "join": lambda values, between: between.join(values),
    "split": lambda text, between: text.split(between),
    "lower": str.lower,
    "upper": str.upper,
    "println": lambda *values: " ".join(map(_shown, values)) + "\n",
    "print": lambda *values: "".join(map(_shown, values)),
    "printf": lambda form, *values: re.sub("%[vs]", "%s", form) % tuple(map(_shown, values)),
    "eq": lambda one, *others: one in others,
    "ne": lambda one, other: one != other,
    "not": lambda value: not value,
    "and": lambda *values: next((value for value in values if not value), values[-1]),
    "or": lambda *values: next((value for value in values if value), values[-1]),
}

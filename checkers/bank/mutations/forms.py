"""Other spellings of one instruction: some mean the same, most don't."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from course.dockerfile import Instruction

_WORD = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+""")
Form = tuple[str, list[str]]
_TWINS = {"CMD": "ENTRYPOINT", "ENTRYPOINT": "CMD", "COPY": "ADD", "ADD": "COPY", "ENV": "ARG", "ARG": "ENV"}


def of(one: Instruction) -> Iterator[Form]:
    """What was done, and the lines that come of it (without heredoc bodies)."""
    for number, flag in enumerate(one.flags):
        yield f"without {flag}", [_line(one, flags=one.flags[:number] + one.flags[number + 1 :])]
    if one.keyword in _TWINS:
        yield f"as {_TWINS[one.keyword]}", [_line(one, keyword=_TWINS[one.keyword])]
    if one.keyword in {"CMD", "ENTRYPOINT", "RUN"} and not one.body:
        yield from ((name, [_line(one, args=args)]) for name, args in _other_form(one.args))
    if one.keyword == "HEALTHCHECK" and one.args.upper().startswith("CMD "):
        yield from (
            (name, [_line(one, args=f"CMD {args}")]) for name, args in _other_form(one.args[4:].strip())
        )
    if one.keyword == "FROM":
        yield from _from(one)
    if one.keyword in {"COPY", "ADD"}:
        yield from _sources(one)
    if one.keyword in {"ENV", "LABEL", "ARG", "EXPOSE"}:
        yield from _each_word(one)
    if one.keyword == "RUN" and plain(one) and " && " in one.args:
        yield "a RUN each", [_line(one, args=part.strip()) for part in one.args.split(" && ")]


def plain(one: Instruction) -> bool:
    """Whether it is a shell's command line: no heredoc, no exec form."""
    return not one.body and words_of(one.args) is None


def words_of(args: str) -> list[str] | None:
    """The words of an exec form; None for a shell form, which is whatever isn't a JSON list of strings."""
    try:
        found = json.loads(args)
    except ValueError:
        return None
    if isinstance(found, list) and all(isinstance(word, str) for word in found):
        return found
    return None


def _other_form(args: str) -> Iterator[tuple[str, str]]:
    words = words_of(args)
    if words is not None:
        yield "in shell form", shlex.join(words)
        if len(words) > 1:
            yield "exec form in one word", json.dumps([" ".join(words)])
            yield "exec form without its last word", json.dumps(words[:-1])
        return
    try:
        split = shlex.split(args)
    except ValueError:
        return
    yield "in exec form", json.dumps(split)
    if "||" in args:
        yield "without ||", args.partition("||")[0].strip()
    yield "with || true", f"{args} || true"


def _from(one: Instruction) -> Iterator[Form]:
    words = one.args.split()
    if len(words) == 3 and words[1].upper() == "AS":
        yield "without AS", [_line(one, args=words[0])]
    image, rest = words[0], "".join(f" {word}" for word in words[1:])
    if "@" in image:
        yield "without the digest", [_line(one, args=image.partition("@")[0] + rest)]
    # Without a digest, dropping the tag means latest: another image, if there is a registry to ask.
    if tag := re.search(r":[\w.-]+(?=@)", image):
        yield "without the tag", [_line(one, args=image[: tag.start()] + image[tag.end() :] + rest)]


def _sources(one: Instruction) -> Iterator[Form]:
    *sources, target = words_of(one.args) or one.args.split()
    for number, source in enumerate(sources if len(sources) > 1 else ()):
        rest = [*sources[:number], *sources[number + 1 :], target]
        yield f"without {source}", [_line(one, args=" ".join(rest))]


def _each_word(one: Instruction) -> Iterator[Form]:
    words = _WORD.findall(one.args)
    if len(words) < 2 or (one.keyword == "ENV" and "=" not in words[0]):
        return
    for number, word in enumerate(words):
        yield f"without {word}", [_line(one, args=" ".join(words[:number] + words[number + 1 :]))]


def _line(
    one: Instruction, *, keyword: str = "", flags: tuple[str, ...] | None = None, args: str | None = None
) -> str:
    parts = (
        keyword or one.keyword,
        *(one.flags if flags is None else flags),
        one.args if args is None else args,
    )
    return " ".join(parts)

"""A Dockerfile's text → its instructions, with the lines they stand on.

It serves to point at a line and to explain; whether a Dockerfile is right is for BuildKit to say. So it
never raises: what it doesn't understand it returns as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"^\s*#\s*(?P<name>[A-Za-z][\w.-]*)\s*=\s*(?P<value>.*?)\s*$")
_HEREDOC = re.compile(r"<<(?P<dash>-?)\s*(?P<quote>[\"']?)(?P<name>[A-Za-z_][\w.-]*)(?P=quote)")
_FLAG = re.compile(r"--[a-z][\w.-]*(?:=(?:\"[^\"]*\"|'[^']*'|\S)*)?\s*")
_TAKES_HEREDOC = {"RUN", "COPY", "ADD"}


@dataclass(frozen=True)
class Instruction:
    """One instruction. `args` has line continuations joined and comments between them left out."""

    line: int  # its first line, from 1
    keyword: str  # in capitals
    args: str  # without the flags
    stage: int  # 0 for what stands after the first FROM; -1 before it
    end: int = 0  # its last line
    flags: tuple[str, ...] = ()  # "--from=build", "--mount=type=cache,target=/x"
    body: str = ""  # of its heredocs

    def flag(self, name: str) -> str | None:
        """The value of `--name=value`, "" of a bare `--name`, None if it isn't there."""
        for flag in self.flags:
            key, _, value = flag.partition("=")
            if key == f"--{name}":
                return value.strip("\"'")
        return None


def parse(text: str) -> tuple[Instruction, ...]:
    """The instructions of `text`, in order."""
    escape = _escape(text)
    found: list[Instruction] = []
    stage = -1
    lines = list(enumerate(text.removeprefix("\ufeff").splitlines(), 1))
    while lines:
        number, joined, end = _logical(lines, escape)
        if not joined:
            continue
        keyword, rest = joined.split(maxsplit=1)[0].upper(), "".join(joined.split(maxsplit=1)[1:])
        stage += keyword == "FROM"
        flags, args = _flags(rest)
        body = ""
        if keyword in _TAKES_HEREDOC:
            body, end = _heredocs(args, lines, end)
        found.append(Instruction(number, keyword, args, stage, end, flags, body))
    return tuple(found)


def stages(text: str) -> dict[str, int]:
    """The names that `FROM … AS name` gives, in lower case, and their stage's number."""
    named: dict[str, int] = {}
    for instruction in parse(text):
        words = instruction.args.split()
        if instruction.keyword == "FROM" and len(words) == 3 and words[1].upper() == "AS":
            named[words[2].lower()] = instruction.stage
    return named


def _escape(text: str) -> str:
    # Directives are the comments of the form `# name=value` before anything else.
    for line in text.removeprefix("\ufeff").splitlines():
        directive = _DIRECTIVE.match(line)
        if not directive:
            return "\\"
        if directive["name"].lower() == "escape" and directive["value"] == "`":
            return "`"
    return "\\"


def _logical(lines: list[tuple[int, str]], escape: str) -> tuple[int, str, int]:
    """Takes one logical line off `lines`: its first number, its text, its last number."""
    parts: list[str] = []
    first = last = 0
    while lines:
        number, raw = lines.pop(0)
        stripped = raw.strip()
        if not stripped or stripped.startswith("#"):
            if parts:  # a comment or an empty line inside an instruction is skipped, as docker does
                continue
            return number, "", number
        first, last = first or number, number
        text = raw.rstrip()
        if not text.endswith(escape):
            parts.append(text)
            break
        parts.append(text[: -len(escape)])
    return first, "".join(parts).strip(), last


def _flags(rest: str) -> tuple[tuple[str, ...], str]:
    found: list[str] = []
    while match := _FLAG.match(rest):
        found.append(match[0].strip())
        rest = rest[match.end() :]
    return tuple(found), rest


def _heredocs(args: str, lines: list[tuple[int, str]], end: int) -> tuple[str, int]:
    """Takes the bodies that `args` announces off `lines`: their text, and the last line's number."""
    body: list[str] = []
    for match in _HEREDOC.finditer(args):
        while lines:
            end, raw = lines.pop(0)
            if (raw.lstrip("\t") if match["dash"] else raw) == match["name"]:
                break
            body.append(raw)
    return "\n".join(body), end

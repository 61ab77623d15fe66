"""Which instruction of an image's history made which layer, and on which line of the Dockerfile it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from course.dockerfile import Instruction, parse
from course.layers import Step

# Instructions that only change the configuration. WORKDIR is none of them: BuildKit makes the directory,
# but for the root's.
_ONLY_CONFIGURE = {
    "ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "SHELL",
    "STOPSIGNAL", "USER", "VOLUME",
}  # fmt: skip
_NOP = re.compile(r"^.*?#\(nop\)\s*")
_SHELL = re.compile(r"^(?:RUN )?(?:\|\d+ .*?)?/bin/(?:ba|a|da)?sh -c ", re.DOTALL)


@dataclass(frozen=True)
class Made:
    """One entry of a history, as config JSON or the engine's API gives it."""

    created_by: str
    empty: bool | None  # the configuration's `empty_layer`; None from the API, which leaves it out
    size: int = 0  # bytes, as the API says; 0 from a configuration
    created: str = ""


def instruction(created_by: str) -> str:
    """What the Dockerfile said, as near as the history has it: "RUN apt-get update", "COPY . . "."""
    text = created_by.removesuffix(" # buildkit").strip()
    if "#(nop)" in text:
        return _NOP.sub("", text, count=1).strip()
    shell = _SHELL.match(text)
    return f"RUN {text[shell.end() :].strip()}" if shell else text


def steps(history: Sequence[Made], layers: int, dockerfile: str | None = None) -> tuple[Step, ...]:
    """The steps, oldest first, each with the index of its layer.

    () if the history doesn't account for that many `layers`.
    `dockerfile`: the text that the image was built from; a step gets its line where the two agree.
    """
    made = _with_layers(history, layers)
    if made is None:
        return ()
    lines = _lines([instruction(one.created_by) for one in history], dockerfile)
    found: list[Step] = []
    index = 0
    for one, makes, line in zip(history, made, lines, strict=True):
        found.append(Step(instruction(one.created_by), index if makes else None, line, one.created))
        index += makes
    return tuple(found)


def _with_layers(history: Sequence[Made], layers: int) -> list[bool] | None:
    """For each entry, whether it made a layer; None where the count is not the image's."""
    if all(one.empty is not None for one in history):
        made = [not one.empty for one in history]
        return made if sum(made) == layers else None
    words = [instruction(one.created_by).split(maxsplit=1) or [""] for one in history]
    able = [word[0].upper() not in _ONLY_CONFIGURE and word != ["WORKDIR", "/"] for word in words]
    # The classic builder makes a layer only where something changed: of its steps, those without a size
    # are doubtful. Size alone is the wrong test: a layer of empty files has none.
    sure = [
        can and (one.size > 0 or not _classic(one.created_by)) for can, one in zip(able, history, strict=True)
    ]
    for made in (able, sure):
        if sum(made) == layers:
            return made
    return None


def _classic(created_by: str) -> bool:
    return created_by.startswith(("/bin/sh -c", "|"))


def _lines(instructions: list[str], dockerfile: str | None) -> list[int | None]:
    """Each step's line: the last steps are the final stage's, if their keywords are the same throughout."""
    nowhere: list[int | None] = [None] * len(instructions)
    own = _final_stage(parse(dockerfile)) if dockerfile else []
    if not own or len(own) > len(instructions):
        return nowhere
    first = len(instructions) - len(own)
    for text, wanted in zip(instructions[first:], own, strict=True):
        if (text.split(maxsplit=1) or [""])[0].upper() != wanted.keyword:
            return nowhere
    return [*nowhere[:first], *(one.line for one in own)]


def _final_stage(instructions: tuple[Instruction, ...]) -> list[Instruction]:
    """The instructions of the last stage, after those of the stages that it continues."""
    stages: dict[int, list[Instruction]] = {}
    names: dict[str, int] = {}
    for one in instructions:
        if one.keyword != "FROM":
            stages.setdefault(one.stage, []).append(one)
            continue
        words = one.args.split()
        before = names.get(words[0].lower()) if words else None
        stages[one.stage] = list(stages[before]) if before is not None else []
        if len(words) == 3 and words[1].upper() == "AS":
            names[words[2].lower()] = one.stage
    return stages[max(stages)] if stages else []

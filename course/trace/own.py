"""Which vertices of a stream are this build's own, and what they are called in its Dockerfile.

BuildKit solves builds that run at the same time in one graph. A step that two of them share (the same base,
the same WORKDIR on it) bears the name that came first, be it the other build's; and a step that turns out
to have the same cache key as a neighbour's is told under both. So a stream can hold "[2/5] WORKDIR /app" in
a Dockerfile of three steps, or one step twice. Here each instruction of the Dockerfile finds its vertex: by
its name, else by its words and by what it builds on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course.dockerfile import Instruction
from course.trace.lines import STEP, Stages, label_of, plain_image, stage_of


@dataclass(frozen=True)
class Told:
    """What a stream says of one vertex. `known`: it ran, or came from the cache."""

    digest: str
    name: str
    inputs: tuple[str, ...]
    known: bool


def own_names(stages: Stages, told: Sequence[Told]) -> dict[str, str]:
    """Digest → name of the vertices to keep, in the order given. All of them, under the names that they
    have, where the Dockerfile explains none or the stream is of several platforms."""
    steps = [one for one in told if STEP.match(one.name)]
    names = {one.digest: one.name for one in told}
    found = {one.digest: place for one in steps if (place := _place(stages, one))}
    several = any("/" in STEP.match(one.name)["stage"] for one in steps)  # type: ignore[index]
    if several or not any(_same(one, stages, found[one.digest]) for one in steps if one.digest in found):
        return names
    mine = _assign(stages, steps, found)
    kept = _ancestors(mine, {one.digest: one.inputs for one in told})
    foreign = {one.digest for one in steps} - kept
    return {digest: mine.get(digest, name) for digest, name in names.items() if digest not in foreign}


Place = tuple[int, int]  # a stage and a step in it, both from 0


def _assign(stages: Stages, steps: Sequence[Told], found: Mapping[str, Place]) -> dict[str, str]:
    """Digest → name in this Dockerfile, an instruction at a time."""
    mine: dict[str, str] = {}
    for stage, (_, instructions) in enumerate(stages):
        below: set[str] = set()  # the vertices of the instruction before
        for number, instruction in enumerate(instructions):
            place = (stage, number)
            exact = [one for one in steps if found.get(one.digest) == place]
            same = [one for one in exact if _words(one.name, instruction)]
            lent = [
                one
                for one in steps
                if _words(one.name, instruction) and (number == 0 or below & {*one.inputs})
            ]
            fitting = same or lent or exact
            below = {one.digest for one in [*same, *lent, *exact]}
            best = next((one for one in fitting if one.known), fitting[0] if fitting else None)
            if best is not None and best.digest not in mine:
                lead = f"[{label_of(stages, stage)} {number + 1}/{len(instructions)}]".replace("[ ", "[")
                mine[best.digest] = f"{lead} {best.name.partition('] ')[2]}"
    return mine


def _place(stages: Stages, one: Told) -> Place | None:
    match = STEP.match(one.name)
    stage = stage_of(stages, match["stage"]) if match else None
    if match is None or stage is None:
        return None
    count, number = len(stages[stage][1]), int(match["step"]) - 1
    return (stage, number) if count == int(match["steps"]) and 0 <= number < count else None


def _same(one: Told, stages: Stages, place: Place) -> bool:
    return _words(one.name, stages[place[0]][1][place[1]])


def _words(name: str, instruction: Instruction) -> bool:
    """Whether a vertex may be of this instruction, by its words. Variables are expanded in its name."""
    keyword, _, words = name.partition("] ")[2].partition(" ")
    if keyword.upper() != instruction.keyword:
        return False
    raw = " ".join([*instruction.flags, instruction.args])
    if "$" in raw or instruction.body:
        return True
    if instruction.keyword == "FROM":
        return plain_image(words.split(" ")[0]) == plain_image(instruction.args.split()[0])
    return words.split() == raw.split()


def _ancestors(start: Mapping[str, str], inputs: Mapping[str, tuple[str, ...]]) -> set[str]:
    """These and all that they build on: what a base's ONBUILD adds stands in no Dockerfile."""
    found: set[str] = set()
    todo = [*start]
    while todo:
        digest = todo.pop()
        if digest not in found:
            found.add(digest)
            todo += inputs.get(digest, ())
    return found

"""Which step of one build is which step of another.

Not by digest: the context's changes with every request. Within a stage, by the instruction as it is written
in the Dockerfile (a changed build argument changes a vertex's name), in order, as a diff of the two would.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Literal

from course.dockerfile import Instruction, parse
from course.trace.model import Build, Vertex
from course.trace.scope import Scope, scopes


@dataclass(frozen=True)
class Match:
    """What a step was in the build before. `how` "changed": another instruction stood in its place."""

    how: Literal["same", "changed", "moved", "new"]
    before: Vertex | None = None


@dataclass(frozen=True)
class Recipe:
    """A build with its Dockerfile read."""

    build: Build

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """Of the Dockerfile; () where it isn't known."""
        return parse(self.build.given.dockerfile) if self.build.given else ()

    @cached_property
    def _by_line(self) -> Mapping[int, Instruction]:
        return {one.line: one for one in self.instructions}

    @cached_property
    def _scopes(self) -> Mapping[int, Scope]:
        given = self.build.given
        return scopes(self.instructions, given.build_args if given else {})

    def raw(self, vertex: Vertex) -> Instruction | None:
        """The instruction as it is written."""
        return self._by_line.get(vertex.line) if vertex.line else None

    def scope(self, vertex: Vertex) -> Scope:
        """What is in force before it."""
        return self._scopes.get(vertex.line, Scope()) if vertex.line else Scope()

    def at(self, line: int) -> Instruction | None:
        """The instruction on a line."""
        return self._by_line.get(line)

    def predecessor(self, vertex: Vertex) -> Vertex | None:
        """The step whose file system it starts from."""
        found = [one for one in map(self.build.by_digest.get, vertex.inputs) if one is not None]
        same = [one for one in found if one.stage == vertex.stage and one.stage is not None]
        if same:
            return max(same, key=lambda one: one.number or 0)
        # The first step of a `FROM stage`: its first input is that stage's last step.
        return next((one for one in found[:1] if one.stage is not None), None)


def align(before: Recipe, after: Recipe) -> tuple[dict[str, Match], tuple[str, ...]]:
    """Digest of a step of `after` → its match, and the instructions that only `before` has."""
    both_read = bool(before.instructions and after.instructions)
    old_stages, new_stages = _by_stage(before.build), _by_stage(after.build)
    found, gone = _bases(before.build, after.build)
    for stage, steps in new_stages.items():
        matched, left = _align(
            old_stages.get(stage, []), steps, before if both_read else None, after if both_read else None
        )
        found.update(matched)
        gone += left
    gone += [one for stage, steps in old_stages.items() if stage not in new_stages for one in steps]
    _moved(found, gone, before if both_read else None, after)
    return found, tuple(one.instruction or one.name for one in gone)


def _bases(before: Build, after: Build) -> tuple[dict[str, Match], list[Vertex]]:
    """The FROMs. Stages with the same base share one vertex, which bears the name of either: the stage says
    nothing, the image does."""
    old = [step for step in before.steps if is_base(step)]
    found: dict[str, Match] = {}
    rest: list[Vertex] = []
    for step in (one for one in after.steps if is_base(one)):
        twin = next((one for one in old if _key(one, None) == _key(step, None)), None)
        if twin is None:
            rest.append(step)
        else:
            found[step.digest] = Match("same", twin)
    used = {match.before.digest for match in found.values() if match.before}
    left = [one for one in old if one.digest not in used]
    for step in rest:
        twin = next((one for one in left if one.stage == step.stage), left[0] if len(left) == 1 else None)
        if twin is not None:
            left.remove(twin)
        found[step.digest] = Match("changed", twin) if twin else Match("new")
    return found, left


def is_base(step: Vertex) -> bool:
    """Whether it is a FROM."""
    return (step.instruction or "").upper().startswith("FROM ")


def _align(
    old: list[Vertex], new: list[Vertex], before: Recipe | None, after: Recipe | None
) -> tuple[dict[str, Match], list[Vertex]]:
    old_keys, new_keys = [_key(one, before) for one in old], [_key(one, after) for one in new]
    found: dict[str, Match] = {}
    left: list[Vertex] = []
    matcher = SequenceMatcher(None, old_keys, new_keys, autojunk=False)
    for what, i, i_end, j, j_end in matcher.get_opcodes():
        if what == "equal":
            found.update(
                {b.digest: Match("same", a) for a, b in zip(old[i:i_end], new[j:j_end], strict=True)}
            )
            continue
        rest = old[i:i_end]
        elsewhere = set(new_keys) - set(new_keys[j:j_end])
        for step in new[j:j_end]:
            # Its predecessor in the diff's hunk: the first left instruction of the same kind, unless that
            # one, or this one, is only standing elsewhere now.
            twin = next(
                (
                    one
                    for one in rest
                    if _word(one) == _word(step)
                    and _key(one, before) not in elsewhere
                    and _key(step, after) not in old_keys
                ),
                None,
            )
            if twin is None:
                found[step.digest] = Match("new")
            else:
                rest.remove(twin)
                found[step.digest] = Match("changed", twin)
        left += rest
    return found, left


def _moved(found: dict[str, Match], gone: list[Vertex], before: Recipe | None, after: Recipe) -> None:
    """What is new here and gone there, with the same words, has moved."""
    for digest, match in found.items():
        if match.how != "new":
            continue
        step = after.build.by_digest[digest]
        key = _key(step, after if before else None)
        twin = next((one for one in gone if _key(one, before) == key), None)
        if twin is not None:
            gone.remove(twin)
            found[digest] = Match("moved", twin)


def _key(vertex: Vertex, recipe: Recipe | None) -> Hashable:
    raw = recipe.raw(vertex) if recipe else None
    if raw is None:
        # A FROM's name holds the digest that its tag had: the tag is what was asked for.
        return (vertex.instruction or vertex.name).partition("@sha256:")[0]
    return (raw.keyword, raw.flags, raw.args, raw.body)


def _word(vertex: Vertex) -> str:
    return (vertex.instruction or vertex.name).partition(" ")[0]


def _by_stage(build: Build) -> dict[str, list[Vertex]]:
    found: dict[str, list[Vertex]] = {}
    last = build.stages[-1] if build.stages else ""
    for step in build.steps:
        if is_base(step):
            continue
        stage = step.stage or ""
        # An unnamed last stage is "" alone, "stage-1" behind one other, "stage-2" behind two.
        if stage == last and (not stage or stage.startswith("stage-")):
            stage = ""
        found.setdefault(stage, []).append(step)
    return found

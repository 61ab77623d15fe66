"""Two builds side by side: which steps were reused, which ran, and why.

BuildKit doesn't say why a step missed the cache. Its rules are known, though (a step's key is made of its
instruction, of what is in force there, of its inputs' keys, and for copied files of their content and
permissions, not their times), and so is what was asked for in both builds: the difference is the reason.
Where none is found, or a trace doesn't hold what is needed, the story says "not known".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from course.trace import causes
from course.trace.align import Match, Recipe, align, is_base
from course.trace.graph import inputs_first
from course.trace.model import Build, Vertex
from course.trace.story import CacheStory, Outcome, Reason, StepStory


def compare(before: Build | None, after: Build) -> CacheStory:
    """The story of `after`, beside `before`, the build of the same folder before it (None: there was none).

    `after` may still be running: what waits is told as "not run".
    """
    teller = _Teller(Recipe(before) if before else None, Recipe(after))
    stories = {digest: teller.tell(after.by_digest[digest]) for digest in teller.order()}
    steps = tuple(stories[one.digest] for one in after.steps)
    return CacheStory(before, after, steps, teller.removed)


_DID = {"rerun": "ran again", "first time": "ran for the first time"}


@dataclass
class _Teller:
    """Tells step after step, inputs first; remembers what ran and what is no longer what it was."""

    before: Recipe | None
    after: Recipe
    matches: dict[str, Match] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    ran: dict[str, Outcome] = field(default_factory=dict)  # digest → how
    different: set[str] = field(default_factory=set)  # ran or not: not what it was in the build before

    def __post_init__(self) -> None:
        if self.before:
            self.matches, self.removed = align(self.before, self.after)

    def order(self) -> list[str]:
        known = self.after.build.by_digest
        return [digest for digest in inputs_first(known) if known[digest].stage is not None]

    def tell(self, step: Vertex) -> StepStory:
        match = self.matches.get(step.digest, Match("new"))
        outcome, reasons = self._judge(step, match)
        if outcome in {"rerun", "first time"}:
            self.ran[step.digest] = outcome
        return StepStory(
            name=step.name,
            instruction=causes.words(step),
            stage=step.stage or "",
            step=step.step or "",
            line=step.line,
            outcome=outcome,
            reasons=reasons,
            seconds=step.seconds,
            seconds_before=match.before.seconds if match.before else None,
            ended=step.state,
        )

    def _judge(self, step: Vertex, match: Match) -> tuple[Outcome, tuple[Reason, ...]]:
        if step.state == "waiting":
            return "not run", (Reason("not run", self._why_not_run()),)
        if self.before is None:
            if step.cached and is_base(step):
                return "reused", (Reason("same", ""),)
            if step.cached:
                return "reused", (Reason("same", "an earlier build had done the same"),)
            return "first time", (Reason("first time", ""),)
        if is_base(step):
            return self._base(step, match)
        found = self._causes(step, match)
        if found or match.how == "new":
            self.different.add(step.digest)
        if step.cached:
            return "reused", (self._why_reused(step, bool(found) or match.how == "new"),)
        if match.how == "new":
            return "first time", (Reason("first time", "this instruction is new"), *found)
        if match.before and match.before.state in {"waiting", "failed", "cancelled"}:
            words = (
                "it failed in the build before"
                if match.before.state == "failed"
                else "the build before ended sooner"
            )
            return "first time", (Reason("first time", words), *found)
        return "rerun", found or (causes.unknown(step, self.before, self.after),)

    def _base(self, step: Vertex, match: Match) -> tuple[Outcome, tuple[Reason, ...]]:
        """A FROM never runs: it names an image, the same as before or another."""
        assert self.before is not None  # noqa: S101  `_judge` looked
        if match.before is None:
            self.different.add(step.digest)
            return "first time", (Reason("first time", "this base is new here"),)
        changed = causes.base(step, match, self.before, self.after)
        if changed is None:
            return "reused", (Reason("same", ""),)
        self.different.add(step.digest)
        return "rerun", (changed,)

    def _causes(self, step: Vertex, match: Match) -> tuple[Reason, ...]:
        assert self.before is not None  # noqa: S101  `_judge` looked
        found: list[Reason] = []
        if self.after.build.given and self.after.build.given.no_cache and not step.cached:
            found.append(Reason("no-cache", "--no-cache asked for it"))
        found += causes.options(step, self.before, self.after)
        if match.before is not None:
            found += causes.own(step, match, self.before, self.after)
        found += self._inputs(step)
        if match.before is not None and (
            match.how == "moved" or not any(one.kind == "input rerun" for one in found)
        ):
            found = self._order(step, match.before) + found
        return tuple(found)

    def _inputs(self, step: Vertex) -> list[Reason]:
        known = self.after.build.by_digest
        inputs = [known[digest] for digest in step.inputs if digest in known]
        start = self.after.predecessor(step)
        found = []
        for one in inputs:
            if one.stage is None or not (one.digest in self.ran or one.digest in self.different):
                continue
            where = f"line {one.line}" if one.line else (one.instruction or one.name)
            did = _DID.get(self.ran.get(one.digest, "reused"), "differs from the build before")
            if is_base(one):
                words = f"its base image, {where}, is another one"
            elif start is not None and one.digest != start.digest:
                words = f"what it takes from another stage comes from {where}, which {did}"
            else:
                words = f"it builds on {where}, which {did}"
            found.append(Reason("input rerun", words, line=one.line, step=one.name))
        return found

    def _order(self, step: Vertex, twin: Vertex) -> list[Reason]:
        """Whether it follows the same step as before."""
        assert self.before is not None  # noqa: S101  `_causes` looked
        now, then = self.after.predecessor(step), self.before.predecessor(twin)
        if now is None or then is None:
            return []
        match = self.matches.get(now.digest)
        if match and match.before and match.before.digest == then.digest:
            return []
        words = f"it followed {causes.short(then)} in the build before, and follows {causes.short(now)} now"
        return [Reason("instruction changed", words, line=now.line)]

    def _why_reused(self, step: Vertex, changed: bool) -> Reason:
        start = self.after.predecessor(step)
        aside = [digest for digest in step.inputs if start is None or digest != start.digest]
        if any(digest in self.ran for digest in aside):
            self.different.discard(step.digest)
            return Reason("same result", "its input ran again, and what it takes from it came out the same")
        return Reason("same", "an earlier build had done the same" if changed else "")

    def _why_not_run(self) -> str:
        build = self.after.build
        if build.error or any(vertex.error for vertex in build.vertices):
            return "the build ended before it"
        return "nothing needed it" if build.image else "it waits"

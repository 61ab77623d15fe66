"""A package manager's cache outlives the build: after a new requirement, only the new package is built."""

from __future__ import annotations

from dataclasses import dataclass

from checkers.attempt import Attempt, Built
from checkers.projects import galley
from checkers.rules.base import Outcome, Rule, passed, wrong

# A private cache mount that is busy with somebody else's build is answered with another, empty one
# (moby/buildkit, frontend/dockerfile/docs: sharing). The next build finds what this one put there.
_TRIES = 2
_HINT = (
    "A RUN can have a folder that outlives the build: --mount=type=cache,target=… Is it the one that pip "
    "uses, may pip's user write there, and does nothing tell pip to keep no cache?"
)


@dataclass(frozen=True)
class State:
    """An image and its spices, name → version and run."""

    built: Built
    shelf: dict[str, tuple[str, str]]


def works() -> Rule:
    """The image has all its spices, at each start the same ones."""

    def check(attempt: Attempt) -> Outcome:
        first = _first(attempt)
        wanted = galley.version(attempt.word)
        missing = [name for name in galley.SPICES if first.shelf.get(name, ("", ""))[0] != wanted]
        if missing:
            return wrong(
                f"requirements.txt asks for {missing[0]} {wanted}, and the image doesn't have it.",
                "RUN pip install -r requirements.txt belongs into the image.",
                evidence=_shown(first.shelf),
            )
        if galley.shelf(attempt, first.built.tag) != first.shelf:
            return wrong(
                "Each start of the container installs the packages anew.",
                "The image should hold them: RUN works at build time, CMD at every start.",
            )
        return passed("It names its spices.", evidence=_shown(first.shelf))

    return Rule("works", "The image runs, packages included", check, needs=("builds",))


def installs_new() -> Rule:
    """A new line of requirements.txt is in the rebuilt image."""

    def check(attempt: Attempt) -> Outcome:
        after = _after(attempt, 0)
        wanted = galley.version(attempt.word)
        missing = [name for name in (*galley.SPICES, _new(0)) if after.shelf.get(name, ("", ""))[0] != wanted]
        if not missing:
            return passed(f"{_new(0)} was added, and is in the image.")
        return wrong(
            f"{_new(0)} was added to requirements.txt, and the rebuilt image lacks {', '.join(missing)}.",
            "A step is reused while nothing that it reads has changed. pip must read requirements.txt.",
            evidence=_shown(after.shelf),
            builds=(_first(attempt).built.build, after.built.build),
        )

    return Rule("new-package", "A new requirement is installed", check, needs=("works",))


def keeps_the_rest() -> Rule:
    """The other packages come from what an earlier build kept."""

    def check(attempt: Attempt) -> Outcome:
        earlier = [_first(attempt)]
        for number in range(_TRIES):
            after = _after(attempt, number)
            known = [state.shelf for state in earlier]
            again = [
                name for name in galley.SPICES if after.shelf.get(name) not in [one[name] for one in known]
            ]
            if not again:
                return passed("Only the new package was built.", evidence=_shown(after.shelf))
            earlier.append(after)
        before, after = earlier[:2]
        install = [vertex for vertex in after.built.build.vertices if "pip" in vertex.name and vertex.line]
        return wrong(
            f"One line was added to requirements.txt, and {' and '.join(again)} "
            f"{'were' if len(again) > 1 else 'was'} built again.",
            _HINT,
            line=install[-1].line if install else None,
            evidence=f"before:\n{_shown(before.shelf)}\nafter:\n{_shown(after.shelf)}"
            + "".join(f"\npip: {line}" for vertex in install for line in _warnings(vertex.log)),
            builds=(before.built.build, after.built.build),
        )  # fmt: skip

    return Rule("kept", "What was built before is kept", check, needs=("new-package",))


def _first(attempt: Attempt) -> State:
    def make() -> State:
        built = attempt.build()
        return State(built, galley.shelf(attempt, built.tag))

    return attempt.once("first", make)


def _after(attempt: Attempt, number: int) -> State:
    """The image with one spice more, another one for each `number`."""

    def make() -> State:
        _first(attempt)  # it comes before, also where it was not asked for yet
        folder = attempt.variant(f"more-{number}", galley.one_more(_new(number), attempt.word))
        built = attempt.build(folder=folder)
        return State(built, galley.shelf(attempt, built.tag))

    return attempt.once(f"after {number}", make)


def _new(number: int) -> str:
    return ("spice-dill", "spice-mint")[number]


def _shown(shelf: dict[str, tuple[str, str]]) -> str:
    return "\n".join(f"  {name} {version}, run {run}" for name, (version, run) in sorted(shelf.items()))


def _warnings(log: str) -> list[str]:
    return [line.strip()[:200] for line in log.splitlines() if "WARNING" in line and "cache" in line]

"""What a rebuild does again: a project is built, edited, built again, and each image is asked.

The project's dependency numbers every installation at random. The same number in two images proves that
their dependencies come from one installation, however the Dockerfile is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from checkers.attempt import Attempt, Built
from checkers.folder import touch
from checkers.rules.base import Outcome, Rule, passed, wrong
from course.trace import Build, compare

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Seen:
    """What an image says of itself: its code, its dependency's version, the number of its installation."""

    code: str
    dependency: str
    run: str


@dataclass(frozen=True)
class Project:
    """How a checker edits a project and reads its images. Each edit gets a word that nobody knew before."""

    edit_code: Callable[[str], Files]
    edit_dependency: Callable[[str], tuple[str, Files]]  # its new version, and what changes
    edit_other: Callable[[str], Files]
    look: Callable[[Attempt, str], Seen]  # raises WrongAnswer where the image can't be asked
    code: str  # the names of what was edited, for messages
    dependency: str
    other: str
    stray: str = ""  # a folder that the installation makes; brought along from outside, it would cover it


@dataclass(frozen=True)
class State:
    """An image and what it says."""

    built: Built
    seen: Seen


def works(project: Project) -> Rule:
    """The image runs, and brings its dependencies along: two starts tell of the same installation."""

    def check(attempt: Attempt) -> Outcome:
        first = _first(attempt, project)
        again = project.look(attempt, first.built.tag)
        if again.run != first.seen.run:
            return wrong(
                "Each start of the container installs the dependencies anew.",
                "The image should hold them: RUN works at build time, CMD at every start.",
                evidence=f"first start:  run {first.seen.run}\nsecond start: run {again.run}",
            )
        return passed(f"It runs, with dependencies of run {again.run}.")

    return Rule("works", "The image runs, dependencies included", check, needs=("builds",))


def code_edit(project: Project) -> Rule:
    """An edit of the code shows in the image, and installs nothing."""

    def check(attempt: Attempt) -> Outcome:
        first, after, word = _edited(attempt, project, "code", project.edit_code)
        if after.seen.code != word:
            return wrong(
                f"{project.code} was edited, and the image doesn't show it.",
                "Which instruction brings the code into the image, and when does it run again?",
                evidence=f"expected {word}, seen {after.seen.code}",
                builds=(first.built.build, after.built.build),
            )
        return _reinstalled(first, after, project.code) or passed(
            "The edit is in the image, and nothing was installed again."
        )

    return Rule(
        "code-edit", "A code edit doesn't reinstall the dependencies", check, needs=("works",), apart=True
    )


def dependency_edit(project: Project) -> Rule:
    """Another version of the dependency is asked for, and is in the image."""

    def check(attempt: Attempt) -> Outcome:
        first = _first(attempt, project)
        version, files = project.edit_dependency(_word())
        after = _rebuilt(attempt, project, "dependency", files)
        if after.seen.dependency != version or after.seen.run == first.seen.run:
            return wrong(
                f"{project.dependency} ({version}); the rebuilt image has {after.seen.dependency}.",
                _covered(attempt, project)
                or "A step is reused while nothing that it reads has changed. The "
                "installation must read what says what to install.",
                evidence=f"before: {first.seen.dependency}\nafter:  {after.seen.dependency}",
                builds=(first.built.build, after.built.build),
            )
        return passed(f"{first.seen.dependency} became {version}.")

    return Rule("dependency-edit", "A dependency edit reinstalls them", check, needs=("works",), apart=True)


def other_edit(project: Project) -> Rule:
    """A file that neither the app nor the installation reads, and every time stamp, change nothing."""

    def check(attempt: Attempt) -> Outcome:
        first, after, _ = _edited(attempt, project, "other", project.edit_other, touched=True)
        return _reinstalled(first, after, project.other) or passed(
            f"{project.other} was edited, every file was touched, and nothing was installed again."
        )

    return Rule(
        "other-edit", f"An edit of {project.other} reinstalls nothing", check, needs=("works",), apart=True
    )


def _first(attempt: Attempt, project: Project) -> State:
    """The image before any edit."""
    built = attempt.build()
    return attempt.once("first", lambda: State(built, project.look(attempt, built.tag)))


def _edited(
    attempt: Attempt, project: Project, name: str, edit: Callable[[str], Files], *, touched: bool = False
) -> tuple[State, State, str]:
    """The images before and after an edit, and the word that it brought."""
    first, word = _first(attempt, project), _word()
    after = _rebuilt(attempt, project, name, edit(word), touched=touched)
    if _lost(first, after):
        first, word = after, _word()
        after = _rebuilt(attempt, project, f"{name}-again", edit(word), touched=touched)
    return first, after, word


def _lost(first: State, after: State) -> bool:
    """Whether the second build ran again for no reason to be found: the engine has let go of a step that it
    kept, as it may when somebody prunes its cache meanwhile. That says nothing of the learner's answer."""
    causes = compare(first.built.build, after.built.build).causes
    return first.seen.run != after.seen.run and bool(causes) and causes[0].reason.kind == "unknown"


def _rebuilt(attempt: Attempt, project: Project, name: str, edit: Files, *, touched: bool = False) -> State:
    """The image after an edit."""
    folder = attempt.variant(name, edit)
    if touched:
        touch(folder)
    built = attempt.build(folder=folder)
    return State(built, project.look(attempt, built.tag))


def _reinstalled(first: State, after: State, edited: str) -> Outcome | None:
    """The outcome if the second image's dependencies are of another installation, else None."""
    if first.seen.run == after.seen.run:
        return None
    line = first_rerun(after.built.build)
    return wrong(
        f"{edited} was edited, and the dependencies were installed again.",
        f"From line {line} on everything ran again. Does the installation need all that was copied before it?"
        if line
        else "Does the installation need all that was copied before it?",
        line=line,
        evidence=f"before: run {first.seen.run}\nafter:  run {after.seen.run}",
        builds=(first.built.build, after.built.build),
    )


def _covered(attempt: Attempt, project: Project) -> str:
    """A hint where the learner's own installation lies in the folder."""
    if not project.stray or not (attempt.folder / project.stray).exists():
        return ""
    return (
        f"There is a folder {project.stray} of your own beside the Dockerfile. Does a COPY put it over "
        "the installed one? .dockerignore keeps it out."
    )


def first_rerun(build: Build) -> int | None:
    """The line of the first instruction that a rebuild didn't take from the cache; FROM is looked up anew."""
    lines = [
        vertex.line
        for vertex in build.vertices
        if vertex.instruction and not vertex.instruction.startswith("FROM ") and not vertex.cached
    ]
    return min((line for line in lines if line), default=None)


def _word() -> str:
    return uuid.uuid4().hex[:8]

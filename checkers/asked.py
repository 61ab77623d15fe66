"""What a rule asks an attempt for, written down while it asks, to be asked again of the next attempt.

Where all the answers are the same, so is the verdict, and the rule needn't run: see `reuse`. Rules declare
nothing. What can't be asked again the same way makes the notes unsure, and then the rule runs.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from checkers.building import What
from checkers.folder import read_text, tree
from course.dockerfile import parse
from course.engine.labels import PREFIX

if TYPE_CHECKING:
    from checkers.attempt import Attempt

Files = Mapping[str, bytes]


class Question(Protocol):
    """Something that was asked. Two that are equal are the same question."""

    @property
    def cost(self) -> int:
        """0 for a look at the files, 1 for the learner's build, 2 for one more."""

    def answer(self, attempt: Attempt) -> str:
        """What that attempt answers, shortened to what can be compared. Raises as the attempt does."""


@dataclass(frozen=True)
class Folder:
    """Every file of the learner's."""

    cost: ClassVar[int] = 0

    def answer(self, attempt: Attempt) -> str:
        return _digest(tree(attempt.folder))


@dataclass(frozen=True)
class Text:
    """One file. A Dockerfile is its instructions: a comment, or a line further down, changes no verdict that
    has no line to point at, and only those are kept."""

    name: str
    cost: ClassVar[int] = 0

    def answer(self, attempt: Attempt) -> str:
        text = read_text(attempt.folder, self.name)
        if text is None or self.name != "Dockerfile":
            return _digest(text)
        return _digest([repr(replace(one, line=0, end=0)) for one in parse(text)])


@dataclass(frozen=True)
class Sent:
    """The paths that the builder is given."""

    cost: ClassVar[int] = 0

    def answer(self, attempt: Attempt) -> str:
        return _digest(attempt.sent())


@dataclass(frozen=True)
class Image:
    """An image: what is in it, what it is made of and how it starts. The name and the marks of the attempt
    that built it, its ID, and the times of its making are not of it."""

    key: str
    what: What = field(compare=False)
    edits: Files | None = field(compare=False)  # of a variant
    layers_only: bool = False  # not how it starts

    @property
    def cost(self) -> int:
        """See Question."""
        return 1 if self.edits is None else 2

    def answer(self, attempt: Attempt) -> str:
        tag = attempt.build_what(self._here(attempt)).tag
        found: Any = attempt.client.images.get(tag).attrs
        facts = [found["RootFS"], found["Os"], found["Architecture"], found.get("Variant")]
        if not self.layers_only:
            config = dict(found.get("Config") or {})
            labels = config.pop("Labels", None) or {}
            history: Any = attempt.client.api.history(tag)  # type: ignore[no-untyped-call]
            facts += [
                config,
                {name: value for name, value in labels.items() if not name.startswith(PREFIX)},
                [(step["CreatedBy"], step["Size"]) for step in history],
            ]
        return _digest(facts)

    def _here(self, attempt: Attempt) -> What:
        """The same in that attempt."""
        if self.what.folder.is_relative_to(attempt.folder.parent):  # it is the one that was asked
            return self.what
        if self.edits is None:
            return replace(self.what, folder=attempt.folder)
        return replace(self.what, folder=attempt.variant(f"again-{uuid.uuid4().hex[:8]}", self.edits))


class Notes:
    """What one rule asked. Rules that start things side by side write from several threads."""

    def __init__(self) -> None:
        self.questions: dict[Question, None] = {}
        self.shared: set[str] = set()
        """The keys of what it shares with other rules. Such rules go together: one may have changed what the
        other looks at."""
        self.sure = True
        self._edits: dict[Path, tuple[Files, dict[str, str]]] = {}

    def folder(self) -> None:
        """It was given the folder, and may have read anything there."""
        self.questions[Folder()] = None

    def text(self, name: str) -> None:
        """It read a file."""
        self.questions[Text(name)] = None

    def sent(self) -> None:
        """It looked at the paths of the context."""
        self.questions[Sent()] = None

    def shares(self, key: str) -> None:
        """It uses what is made once for several rules."""
        self.shared.add(key)

    def variant(self, folder: Path, edits: Files) -> None:
        """It had a variant made."""
        self._edits[folder] = (dict(edits), tree(folder))

    def image(self, what: What, learners: Path, *, layers_only: bool = False) -> None:
        """It asked for an image of the folder `learners`, or of a variant."""
        edits, made = self._edits.get(what.folder, (None, None))
        if (edits is None) != (what.folder == learners) or (made and tree(what.folder) != made):
            self.unsure()  # a folder of its own making
        elif what.fresh or what.platform:
            self.unsure()  # a new image each time; an image of several
        else:
            named = _digest(
                [repr(replace(what, folder=Path())), sorted(edits) if edits else None, str(what.folder)]
            )
            self.questions[Image(named, what, edits, layers_only)] = None

    def runs(self, image: str, own: str) -> None:
        """It made a container of `image`; those that begin with `own` are known by their questions."""
        if not image.startswith(f"{own}:"):
            self.unsure()

    def unsure(self) -> None:
        """It did something that can't be asked again."""
        self.sure = False


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()

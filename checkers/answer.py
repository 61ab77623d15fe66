"""A copy of a learner's folder, and what rules may read of it. Where notes are kept, that is noted."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from checkers.abandoned import NAME
from checkers.asked import Notes
from checkers.folder import copy_folder, read_text, vary
from checkers.limits import Limits
from course.build.survey import survey


class Answer:
    """The base of an Attempt."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.limits = limits
        self._source = folder
        self._folder = folder  # once copied: the copy
        self._notes: Notes | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def copy(self) -> None:
        """Makes the copy. Raises as `copy_folder`."""
        self._temporary = tempfile.TemporaryDirectory(prefix=NAME, ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name) / self._source.name
        self._copy(self._source)

    def discard(self) -> None:
        """Removes the copy."""
        if self._temporary:
            self._temporary.cleanup()

    def _copy(self, source: Path) -> None:
        copy_folder(source, self._folder, self.limits)

    def noting(self, notes: Notes) -> Self:
        """The same attempt, that writes into `notes` what it is asked for: each rule gets one of its own."""
        view = copy.copy(self)
        view._notes = notes
        return view

    @property
    def folder(self) -> Path:
        """The copy of the learner's folder, once entered. `text` and `sent` tell of less, where that does."""
        if self._notes:
            self._notes.folder()
        return self._folder

    @property
    def place(self) -> Path:
        """The same folder, for who looks at nothing in it: its name is to be left out of a message."""
        return self._folder

    def text(self, name: str = "Dockerfile") -> str | None:
        """A file of the folder as text; None if there is no such file."""
        if self._notes:
            self._notes.text(name)
        return read_text(self._folder, name)

    def sent(self) -> tuple[str, ...]:
        """The paths of the files that the builder is given: the folder without what its ignore file names."""
        paths = tuple(entry.path for entry in survey(self._folder).entries)
        if self._notes:
            self._notes.sent()
        return paths

    def variant(self, name: str, files: Mapping[str, bytes]) -> Path:
        """A copy of the folder in which `files` (path → content) are put in place, named `name`."""
        copied = self._folder.parent / name / self._folder.name
        vary(self._folder, copied, files)
        if self._notes:
            self._notes.variant(copied, files)
        return copied

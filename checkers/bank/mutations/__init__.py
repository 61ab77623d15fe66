"""A right answer, changed in one place: each instruction dropped, moved or spelt otherwise, each line of an
ignore file, each option of a script, each key of a Compose file.

What still passes is either right indeed, or shows what a checker doesn't look at. No Docker in here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from checkers.bank.mutations import compose, dockerfile, ignorefile, script
from checkers.bank.mutations.change import Change, numbered

_KINDS: tuple[tuple[str, Callable[[str], Iterator[Change]]], ...] = (
    ("Dockerfile", dockerfile.changes),
    ("*.Dockerfile", dockerfile.changes),
    ("*.dockerignore", ignorefile.changes),
    ("*.sh", script.changes),
    ("compose*.y*ml", compose.changes),
)
"""Which files are changed, and how. The rest of a solution is the exercise's own code."""


def mutations(solution: Path, starter: Path | None = None) -> dict[str, tuple[str, str]]:
    """The mutations of a solution: name → the file (its path in the folder) and its changed text.

    A script that is the same in the `starter` is not the learner's to write, and stays as it is; the other
    kinds are changed in any case. The names are the same at every call.
    """
    found: list[tuple[str, tuple[str, str]]] = []
    for path in sorted(path for path in solution.rglob("*") if path.is_file()):
        name = path.relative_to(solution).as_posix()
        make = next((make for pattern, make in _KINDS if path.match(pattern)), None)
        if make is None or (path.suffix == ".sh" and _untouched(path, starter and starter / name)):
            continue
        text = path.read_text(encoding="utf-8")
        found += [
            (f"{name}: {change.name}", (name, change.text))
            for change in make(text)
            if change.text.strip() != text.strip()
        ]
    return dict(numbered(found))


def _untouched(path: Path, original: Path | None) -> bool:
    return original is not None and original.is_file() and original.read_bytes() == path.read_bytes()


__all__ = ["Change", "mutations"]

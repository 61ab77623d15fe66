"""Looks for a canary in bytes, and in what they are when their wrappings are taken off."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.canary.budget import DEPTH, Budget
from checkers.canary.codes import decoded
from checkers.canary.packings import is_tar, unpacked
from checkers.canary.secret import Canary
from checkers.canary.spool import Spool, View

_LEAST = 16  # bytes; nothing shorter stands for a half of a canary


def look(view: View, canary: Canary, budget: Budget, wrapped: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """How the canary is wrapped in the view, the outermost first: () is plain. None if it isn't there.

    Raises TooMuchInside.
    """
    budget.view()
    for needle, backwards in canary.needles:
        if view.find(needle) != -1:
            return (*wrapped, "backwards") if backwards else wrapped
    if len(wrapped) >= DEPTH or len(view) < _LEAST:
        return None
    for name, pieces in _inside(view):
        with Spool(budget) as spool:
            spool.fill(pieces)
            if spool.size < _LEAST:
                continue
            found = look(spool.view(), canary, budget, (*wrapped, name))
        if found is not None:
            return found
    return None


def _inside(view: View) -> Iterator[tuple[str, Iterator[bytes]]]:
    tar = "tar of " if is_tar(view) else ""
    for name, pieces in unpacked(view):
        yield tar + name, pieces
    yield from decoded(view)

"""The lift of the exercise 02-pin-the-base: a list of floors, beside a voice of somebody else's."""

from __future__ import annotations

from checkers.projects import own_files

FLOORS = "floors.txt"
SAYS = ("Doors", "closing")
"""What the starter's CMD says."""


def files(word: str) -> dict[str, bytes]:
    """The exercise's files, with one floor more: an image that has it was built from these."""
    own = own_files("02-pin-the-base")
    return own | {FLOORS: own[FLOORS] + f"4 Room {word}\n".encode()}

"""`DOERS` maps each command, in its long spelling, to the function that carries it out."""

from __future__ import annotations

from collections.abc import Callable

from checkers.command.conversation import Call
from checkers.command.doing import containers, copying, executing, images, listing, networks, showing
from checkers.command.stage import Stage
from checkers.command.words import Step

Doer = Callable[[Stage, Call, Step], int]
"""Prints through the call, returns the exit code. Raises Says for what docker would say, Refused for what a
check doesn't do."""

DOERS: dict[str, Doer] = {
    **containers.DOERS,
    **copying.DOERS,
    **executing.DOERS,
    **images.DOERS,
    **listing.DOERS,
    **networks.DOERS,
    **showing.DOERS,
}

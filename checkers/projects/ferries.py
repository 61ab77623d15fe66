"""The ferry board of the exercise 05-cache-order: a node app whose one dependency compiles itself when it is
installed, and numbers each run at random. That number is how a reinstallation is seen in the image."""

from __future__ import annotations

import re

from checkers import npm
from checkers.attempt import Attempt
from checkers.projects import own_files
from checkers.rules.rebuilds import Project, Seen
from checkers.running import WrongAnswer

_EXERCISE, _NAME = "05-cache-order", "timetable"
_BOARD = re.compile(
    r", (?P<code>\S+) edition$.*^timetable (?P<dependency>\S+), compiled in run (?P<run>\w+)$",
    re.DOTALL | re.MULTILINE,
)


def project() -> Project:
    """The project, as `rebuilds` edits and reads it."""
    return Project(
        edit_code=lambda code: {"src/edition.js": f'module.exports = "{code}";\n'.encode()},
        edit_dependency=_edit_dependency,
        edit_other=lambda nonce: {"README.md": f"# Ferry board {nonce}\n".encode()},
        look=_look,
        code="src/edition.js",
        dependency="package.json and package-lock.json ask for another timetable",
        other="README.md",
        stray="node_modules",
    )


def files(word: str) -> dict[str, bytes]:
    """The project as the learner knows it, but with a package of this check's own: what an earlier check left
    in the build cache can't be met again."""
    own = own_files(_EXERCISE)
    return own | npm.depend(own, _NAME, "1.4.0", _package(own, "1.4.0", word))


def _edit_dependency(nonce: str) -> tuple[str, dict[str, bytes]]:
    own = own_files(_EXERCISE)
    version = f"1.5.{int(nonce, 16)}"
    return version, npm.depend(own, _NAME, version, _package(own, version, nonce))


def _package(own: dict[str, bytes], version: str, nonce: str) -> bytes:
    return npm.repack(own[f"vendor/{_NAME}-1.4.0.tgz"], version=version, mark=nonce)


def _look(attempt: Attempt, image: str) -> Seen:
    """What the board says. Raises WrongAnswer if it says something else."""
    running = attempt.run(image)
    code = running.wait_exit(attempt.limits.run)
    said = running.container.logs(stderr=False).decode("utf-8", "replace")
    match = _BOARD.search(said)
    if code is None:
        raise WrongAnswer(
            f"`docker run IMAGE` was still running after {attempt.limits.run:.0f} s.",
            hint="The board is printed once, and the container ends. CMD is the app's own command.",
            detail=running.logs(),
        )
    if code != 0 or match is None:
        raise WrongAnswer(
            f"`docker run IMAGE` printed no board, and {running.ending()}.",
            hint="The image needs src/ and node_modules/, and the command: node src/board.js",
            detail=running.logs(),
        )
    return Seen(**match.groupdict())

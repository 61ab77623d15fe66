"""The galley of the exercise 05-cache-mount: a Python app whose packages are built by pip, each build with a
number at random. A package that keeps its number was not built again: pip had kept the wheel."""

from __future__ import annotations

import re

from checkers import pip
from checkers.attempt import Attempt
from checkers.projects import own_files
from checkers.running import WrongAnswer

_EXERCISE = "05-cache-mount"
_SHELF = re.compile(r"^(?P<name>spice-\S+) (?P<version>\S+), ground in run (?P<run>\w+)$", re.MULTILINE)
SPICES = ("spice-basil", "spice-cumin")


def files(word: str) -> dict[str, bytes]:
    """The project as the learner knows it, with versions of the attempt's own."""
    return own_files(_EXERCISE) | _packages(SPICES, version(word))


def one_more(name: str, word: str) -> dict[str, bytes]:
    """What changes when requirements.txt gets one line more."""
    return _packages((*SPICES, name), version(word))


def version(word: str) -> str:
    """pip keeps wheels by the name of the package's file, which holds the version."""
    return f"1.{int(word, 16)}"


def shelf(attempt: Attempt, image: str) -> dict[str, tuple[str, str]]:
    """The spices that the image's app finds: name → version and run. Raises WrongAnswer if it says none."""
    running = attempt.run(image)
    code = running.wait_exit(attempt.limits.run)
    said = running.container.logs(stderr=False).decode("utf-8", "replace")
    found = {match["name"]: (match["version"], match["run"]) for match in _SHELF.finditer(said)}
    if code != 0 or not found:
        ending = running.ending() or f"was still running after {attempt.limits.run:.0f} s"
        raise WrongAnswer(
            f"`docker run IMAGE` names no spice. The container {ending}.",
            hint="The packages must be in the image, where python finds them. A mount is gone after its RUN.",
            detail=running.logs(),
        )
    return found


def _packages(names: tuple[str, ...], number: str) -> dict[str, bytes]:
    backend = pip.member(own_files(_EXERCISE)["packages/spice_basil-1.0.tar.gz"], "backend.py")
    made = (pip.source_package(name, number, backend) for name in names)
    return {f"packages/{file}": content for file, content in made} | {
        "requirements.txt": "".join(f"{name}=={number}\n" for name in names).encode()
    }

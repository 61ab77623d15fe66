"""The guest book of the exercise 12-capstone: a Python app whose one package is built by pip, each build with
a number at random, and which says over HTTP what it was made of."""

from __future__ import annotations

import hashlib
import re

from checkers import http, pip
from checkers.attempt import Attempt
from checkers.canary.secret import for_word
from checkers.projects import own_files
from checkers.rules import web
from checkers.rules.rebuilds import Project, Seen
from checkers.running import WrongAnswer

_EXERCISE = "12-capstone"
_THEIRS = {"compose.yaml", "Dockerfile", ".dockerignore"}
_ABOUT = re.compile(r"(?P<code>\S+) edition, labels (?P<dependency>\S+) of run (?P<run>\w+)")
_PORT = 8000
# What lies about in such a folder, and how many bytes of it.
_JUNK = {
    "deploy.pem": 1700,
    ".git/config": 300,
    ".git/objects/pack/pack-1d0f.pack": 100_000,
    "__pycache__/app.cpython-313.pyc": 1200,
    "backup/guests.sql": 200_000,
}


def junk(word: str) -> dict[str, bytes]:
    """Files that don't belong into a build, path → content: the attempt's own, and the password."""
    noise = {path: _noise(f"{word} {path}", size) for path, size in _JUNK.items()}
    return noise | {"password.txt": f"{for_word(word).value}\n".encode()}


def files(word: str) -> dict[str, bytes]:
    """The project as the learner knows it, with a package and a password of the attempt's own, and junk."""
    own = {path: content for path, content in own_files(_EXERCISE).items() if path not in _THEIRS}
    return own | _package(f"1.{int(word, 16)}") | junk(word)


def project() -> Project:
    """The project, as `rebuilds` edits and reads it."""
    return Project(
        edit_code=lambda code: {"edition.py": f'EDITION = "{code}"\n'.encode()},
        edit_dependency=lambda word: (version := f"2.{int(word, 16)}", _package(version)),
        edit_other=lambda word: {"README.md": f"# Guest book {word}\n".encode()},
        look=_look,
        code="edition.py",
        dependency="requirements.txt asks for another tea-labels",
        other="README.md",
    )


def _package(version: str) -> dict[str, bytes]:
    backend = pip.member(own_files(_EXERCISE)["packages/tea_labels-1.0.tar.gz"], "backend.py")
    file, content = pip.source_package("tea-labels", version, backend)
    return {f"packages/{file}": content, "requirements.txt": f"tea-labels=={version}\n".encode()}


def _look(attempt: Attempt, image: str) -> Seen:
    """What the app says. Raises WrongAnswer if it says something else."""
    running = attempt.run(image)
    answer = http.wait_for_answer(attempt, running, web.url(running, _PORT, "/about"))
    if match := _ABOUT.search(answer.body):
        return Seen(**match.groupdict())
    ending = running.ending()
    raise WrongAnswer(
        f"The app's image, started alone, doesn't answer GET /about on port {_PORT}"
        + (f", and {ending}." if ending else "."),
        hint="It needs app.py, pg.py, edition.py and the packages of requirements.txt, and no database.",
        detail=running.logs() or answer.error,
    )


def _noise(seed: str, size: int) -> bytes:
    """Letters and digits that no compression shrinks by much, and that look like text."""
    stream = hashlib.shake_256(seed.encode()).hexdigest(size // 2 + 1)
    return f"{stream[: size - 1]}\n".encode()

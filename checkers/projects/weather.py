"""The weather service of the exercise 04-dockerignore, as it lies on somebody's machine: with all that piles
up around the code there."""

from __future__ import annotations

import hashlib

from checkers.projects import own_files

_EXERCISE = "04-dockerignore"
_ARCHIVE = 1_000_000  # bytes; enough to be seen in an image's size
# What must not get in, by path, with its size in bytes.
_JUNK = {
    ".env": 60,
    ".env.production": 60,
    "deploy.pem": 1700,
    "app/dev.pem": 1700,
    "app/render/keys/old.pem": 1700,
    ".git/HEAD": 41,
    ".git/config": 300,
    ".git/objects/5e/1f3a9c0d": 2000,
    ".git/objects/pack/pack-1d0f.pack": 100_000,
    "__pycache__/tools.cpython-313.pyc": 800,
    "app/__pycache__/__main__.cpython-313.pyc": 1200,
    "app/render/__pycache__/text.cpython-313.pyc": 900,
    "data/archive/2024.csv": _ARCHIVE,
    "data/archive/2023/harbour.csv": 50_000,
}
NEEDED = (
    "app/__main__.py",
    "app/environment.py",
    "app/render/__init__.py",
    "app/render/text.py",
    "app/render/report.txt",
    "data/stations.json",
)
"""What the service reads, by path."""


def junk(word: str) -> dict[str, bytes]:
    """Secrets, history, leftovers and old data, path → content: the attempt's own, found nowhere else."""
    return {path: _noise(f"{word} {path}", size) for path, size in _JUNK.items()}


def files(word: str) -> dict[str, bytes]:
    """The service as it is, and the junk around it."""
    return own_files(_EXERCISE) | junk(word)


def _noise(seed: str, size: int) -> bytes:
    """Letters and digits that no compression shrinks by much, and that look like text."""
    stream = hashlib.shake_256(seed.encode()).hexdigest(size // 2 + 1)
    return f"{stream[: size - 1]}\n".encode()

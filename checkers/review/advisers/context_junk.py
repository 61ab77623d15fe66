"""What a build copies that nobody needs in an image: what the ignore file should keep out."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen, Sent
from course.amounts import size

# What to write into .dockerignore, and how it is known. A folder at any depth; a file by its name.
_FOLDERS = {
    ".git", ".svn", ".hg", "node_modules", "__pycache__", ".venv", "venv", ".pytest_cache", ".mypy_cache",
    ".ruff_cache", ".tox", ".nox", ".idea", ".vscode", "coverage", "htmlcov", ".nyc_output", ".next", ".nuxt",
    ".gradle", ".terraform", ".ipynb_checkpoints", ".cache",
}  # fmt: skip
_FILES = ("*.pyc", "*.log", ".DS_Store", "Thumbs.db", "*.swp", "*~", ".coverage")
_WORSE = {
    ".git": "It holds every old version, deleted secrets too, and each commit changes it, and so the cache.",
    "node_modules": "It covers what the image installs, and its programs are for your machine.",
    ".venv": "Its paths are those of your machine: it doesn't work in the image.",
    "venv": "Its paths are those of your machine: it doesn't work in the image.",
}
_MUCH = 1_000_000  # bytes; below, and of no worse kind, it is a note


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one, about all of it."""
    found: dict[str, list[tuple[str, Sent]]] = {}
    for path, sent in seen.context.items():
        if sent.copied and (kind := _kind(path)):
            found.setdefault(kind, []).append((path, sent))
    if not found:
        return
    total = sum(sent.size for files in found.values() for _, sent in files)
    worse = [kind for kind in found if kind in _WORSE]
    line = min(sent.copied for files in found.values() for _, sent in files if sent.copied)
    names = sorted(found, key=lambda kind: -sum(sent.size for _, sent in found[kind]))
    yield Advice(
        "context-junk",
        "The build copies nothing that the image doesn't need",
        Severity.ADVICE if worse or total >= _MUCH else Severity.NOTE,
        f"Line {line} copies {', '.join(names[:4])}{' …' if len(names) > 4 else ''}: {size(total)}."
        + "".join(f" {kind}: {_WORSE[kind]}" for kind in worse[:2]),
        f"Write into {seen.ignore_file or '.dockerignore'}: {'  '.join(_pattern(kind) for kind in names)}",
        _evidence(found),
        line,
        seen.dockerfile,
        lesson="04_layers.ipynb#What-goes-into-the-build",
    )


def _kind(path: str) -> str:
    *folders, name = path.split("/")
    for folder in folders:
        if folder in _FOLDERS:
            return folder
    return next((one for one in _FILES if fnmatch.fnmatchcase(name, one)), "")


def _pattern(kind: str) -> str:
    return kind if kind in {".git", ".svn", ".hg"} else f"**/{kind}"


def _evidence(found: Mapping[str, list[tuple[str, Sent]]]) -> str:
    rows = []
    for kind, files in found.items():
        bytes_ = sum(sent.size for _, sent in files)
        count = f"{len(files):,} file{'s' * (len(files) > 1)}"
        rows.append((bytes_, f"{kind:<16} {size(bytes_):>8} in {count}, such as {files[0][0]}"))
    return "\n".join(row for _, row in sorted(rows, reverse=True)[:8])

"""The edit that a review makes in a copy of the project: a comment at the end of a source file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from checkers.review.seen import Sent

_HASH, _SLASHES = "# {}", "// {}"
_COMMENTS = {
    **dict.fromkeys(("py", "rb", "sh", "pl", "ex", "exs", "r", "jl"), _HASH),
    **dict.fromkeys(
        (
            *("js", "mjs", "cjs", "ts", "mts", "tsx", "jsx", "go", "rs", "java", "kt", "scala", "groovy"),
            *("c", "h", "cc", "cpp", "hpp", "cs", "swift", "dart", "zig"),
        ),
        _SLASHES,
    ),
    **dict.fromkeys(("css", "scss"), "/* {} */"),
    **dict.fromkeys(("html", "vue", "svelte"), "<!-- {} -->"),
}
# What is edited day by day, rather than what is set once.
_ENTRY = {"app", "main", "server", "index", "wsgi", "asgi", "api", "program", "__main__", "views", "routes"}
_ONCE = re.compile(
    r"(?:^|[._-])(?:config|conf|setup|conftest|gulpfile|gruntfile|test|tests|spec)(?:[._-]|$)", re.I
)
_OTHERS = {
    "node_modules",
    "vendor",
    ".venv",
    "venv",
    "site-packages",
    ".git",
    "test",
    "tests",
    "dist",
    "build",
}


def choose(context: Mapping[str, Sent]) -> str:
    """The source file to edit: one that the image is built from and that looks like the heart of the app; ""
    where there is none."""
    found = [path for path, sent in context.items() if sent.copied and sent.size and _is_source(path)]
    return min(found, key=_rank, default="")


def edit(path: str, content: bytes, word: str) -> bytes:
    """The file with a comment at its end, which holds `word`: no cache has met it."""
    comment = _COMMENTS[_suffix(path)].format(f"an edit {word}")
    return content + (b"" if content.endswith(b"\n") else b"\n") + comment.encode() + b"\n"


def _is_source(path: str) -> bool:
    place = PurePosixPath(path)
    return _suffix(path) in _COMMENTS and not _OTHERS.intersection(place.parts[:-1])


def _rank(path: str) -> tuple[bool, bool, int, str]:
    place = PurePosixPath(path)
    once = bool(_ONCE.search(place.stem)) or place.stem == "__init__"
    return once, place.stem.lower() not in _ENTRY, len(place.parts), path


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower().lstrip(".")

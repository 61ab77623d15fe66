"""The ticket office of the exercise 05-multi-stage: a node service that a bundler makes of src/."""

from __future__ import annotations

from checkers import npm
from checkers.projects import own_files

_EXERCISE = "05-multi-stage"
_PACKAGE = "vendor/press-3.0.0.tgz"


def files(word: str) -> dict[str, bytes]:
    """The project, with a season of the attempt's own: an image that says it was built from this source."""
    return own_files(_EXERCISE) | {"src/season.js": f'module.exports = "{word}";\n'.encode()}


def bundler() -> dict[str, bytes]:
    """The bundler's files and the package that they come in, each under a name for a reader."""
    package = own_files(_EXERCISE)[_PACKAGE]
    inside = npm.unpack(package).items()
    return {"the package press-3.0.0.tgz": package} | {
        f"press's own {name.removeprefix('package/')}": content for name, content in inside
    }

"""What Compose would read, before Compose is let near it: nothing outside of the learner's folder.

The values themselves are judged later, as Compose resolves them. But `include`, `extends`, `env_file`,
`configs` and `secrets` make Compose open files while it resolves, and what it read can't be unread. So each
path in such a place is looked at first. YAML's own parser finds them; anchors and tags don't hide any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from checkers.running import WrongAnswer

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")  # in Compose's order
_FILE_MAX = 256 * 1024
_FILES_MAX = 20
_SUFFIXES = {".yaml", ".yml", ".json"}
# Where a path stands as a text, a list of texts, or in mappings with `path` (and, of include, more).
_PATHS = {"file", "env_file", "label_file", "include", "project_directory"}
_WITHIN = {"path", "env_file", "project_directory"}  # of the mappings in those lists


class Refused(WrongAnswer):
    """The project asks for something that a check doesn't carry out. `line` is of `file`."""

    hint = "Take it out: the exercise can be done without it."

    def __init__(self, message: str, *, hint: str = "", file: str = "", line: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.file, self.line = file, line


class NoProject(WrongAnswer):
    """There is no Compose file, or it can't be read."""

    def __init__(
        self, message: str, *, hint: str = "", detail: str = "", file: str = "", line: int | None = None
    ) -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.file, self.line = file, line


@dataclass(frozen=True)
class _Path:
    """A path that stands in a Compose file."""

    key: str
    value: str
    line: int


def compose_files(folder: Path) -> tuple[Path, ...]:
    """The files that Compose reads first: one of its names and its override, or those that .env names.

    Raises NoProject if there is none: Compose would look for one in the folders above."""
    if named := _named(folder):
        return named
    first = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
    if first is None:
        raise NoProject(
            f"There is no {_NAMES[0]} in the folder.", hint=f"Compose looks for {', '.join(_NAMES)}."
        )
    override = (name.replace("compose.", "compose.override.") for name in _NAMES)
    return (first, *[folder / name for name in override if (folder / name).is_file()][:1])


def check(folder: Path) -> None:
    """Raises Refused for a path that leads out of `folder`, NoProject for what is no YAML."""
    first = compose_files(folder)
    todo, seen = list(first), set[Path]()
    while todo:
        file = todo.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        if len(seen) > _FILES_MAX:
            raise Refused(f"The project is spread over more than {_FILES_MAX} files.")
        try:
            for found in _paths(folder, file):
                todo += _inside(folder, file, found)
        except NoProject:
            if file in first or file.suffix in _SUFFIXES:
                raise  # else it is a secret, or variables: whatever it is, Compose finds no paths in it


def _named(folder: Path) -> tuple[Path, ...]:
    """Those of COMPOSE_FILE in .env."""
    env = folder / ".env"
    text = env.read_text(errors="replace") if env.is_file() and env.stat().st_size <= _FILE_MAX else ""
    found = re.findall(r"^\s*(?:export\s+)?(COMPOSE_\w+)\s*[=:]\s*(.*?)\s*$", text, re.MULTILINE)
    said = {name: value.strip("\"'") for name, value in found}
    if "COMPOSE_PATH_SEPARATOR" in said or "COMPOSE_ENV_FILES" in said or "$" in said.get("COMPOSE_FILE", ""):
        raise Refused(
            "A check doesn't carry out COMPOSE_PATH_SEPARATOR, COMPOSE_ENV_FILES or variables in "
            "COMPOSE_FILE.",
            file=".env",
        )
    names = said.get("COMPOSE_FILE", "")
    return tuple(
        file
        for name in (names.split(":") if names else ())
        for file in _inside(folder, env, _Path("COMPOSE_FILE", name, 1))
    )


def _paths(folder: Path, file: Path) -> Iterator[_Path]:
    name = file.relative_to(folder).as_posix()
    if file.stat().st_size > _FILE_MAX:
        raise Refused(f"{name} is larger than {_FILE_MAX // 1024} KiB.", file=name)
    try:
        text = file.read_text(encoding="utf-8-sig")
        roots = [root for root in yaml.compose_all(text, Loader=yaml.SafeLoader) if root is not None]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise NoProject(
            f"{name} is no YAML: {getattr(error, 'problem', None) or error}.",
            hint="Indent with spaces, the same number on each level; quote what holds a colon or a #.",
            detail=str(error),
            file=name,
            line=mark.line + 1 if mark else None,
        ) from error
    seen: set[int] = set()
    for root in roots:
        yield from _beneath(root, seen)


def _beneath(root: Any, seen: set[int]) -> Iterator[_Path]:
    todo = [root]
    while todo:
        node = todo.pop()
        if id(node) in seen:  # an alias gives what its anchor names, once more
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo += node.value
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                todo += [key, value]
                if isinstance(key, yaml.ScalarNode) and key.value in _PATHS:
                    yield from _values(str(key.value), value)


def _values(key: str, node: Any) -> Iterator[_Path]:
    if isinstance(node, yaml.ScalarNode):
        yield _Path(key, str(node.value), node.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            yield from _values(key, one)
    elif isinstance(node, yaml.MappingNode):
        for inner, value in node.value:
            if getattr(inner, "value", None) in {*_WITHIN, "<<"}:
                yield from _values(key, value)


def _inside(folder: Path, file: Path, found: _Path) -> list[Path]:
    """The file that it names, wherever Compose may count it from. Raises Refused if one is outside."""
    where = {"file": file.relative_to(folder).as_posix(), "line": found.line}
    value = found.value
    if "$" in value:
        raise Refused(
            f"{found.key}: {value}: a check follows only paths without variables.",
            hint="Write the path as it is.",
            **where,  # type: ignore[arg-type]
        )
    root = folder.resolve()
    places = [(base / value).resolve() for base in dict.fromkeys((file.parent, folder))]
    if "://" in value or value.startswith("~") or not all(one.is_relative_to(root) for one in places):
        raise Refused(
            f"{found.key}: {value} leads out of the project's folder. A check reads nothing there.",
            hint="Put what the project needs into its folder, and name it with a path that begins with ./",
            **where,  # type: ignore[arg-type]
        )
    return places

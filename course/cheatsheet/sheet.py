"""What a cheat sheet holds."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Command:
    """A command as it is typed, what it does in a few words, and its calls ("POST /containers/web/stop")."""

    run: str
    does: str
    calls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """Commands about one thing."""

    title: str
    commands: tuple[Command, ...]


@dataclass(frozen=True)
class Sheet:
    """All sections, and the versions that the calls were recorded with ({"docker": "28.5.2", …})."""

    sections: tuple[Section, ...]
    versions: Mapping[str, str]


def script() -> Mapping[str, Any]:
    """commands.toml as it stands."""
    return tomllib.loads((_HERE / "commands.toml").read_text(encoding="utf-8"))


def with_calls(calls: Mapping[str, Sequence[str]], versions: Mapping[str, str]) -> Sheet:
    """The sheet with these calls: command → calls. A command that isn't among them has none."""
    sections = (
        Section(
            one["title"],
            tuple(
                Command(what["run"], what["does"], tuple(calls.get(what["run"], ())))
                for what in one["commands"]
            ),
        )
        for one in script()["section"]
    )
    return Sheet(tuple(sections), versions)


def stored() -> Sheet:
    """The sheet as it was recorded last, without an engine."""
    said = json.loads((_HERE / "calls.json").read_text(encoding="utf-8"))
    return with_calls(said["calls"], said["versions"])


def to_json(sheet: Sheet) -> dict[str, Any]:
    """As calls.json has it."""
    calls = {one.run: list(one.calls) for section in sheet.sections for one in section.commands}
    return {"versions": dict(sheet.versions), "calls": calls}

"""The ledger: what the course made that cannot carry a label, or whose label alone proves too little.

BuildKit's own channel, pulls, loads and tags make things that cannot be labelled on the way. Each is written
down with the engine's id, so that `course reset` finds it again, in this engine and no other. One SQLite file
serves several kernels at once.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from course.database import open_database
from course.errors import InputError
from course.paths import paths

Kind = Literal["container", "image", "network", "volume", "service", "secret", "config"]
How = Literal["created", "built", "committed", "imported", "tagged", "pulled", "loaded", "stand-in"]

BASES: frozenset[str] = frozenset({"pulled", "loaded", "stand-in"})
"""Ways by which base images come: they stay until everything is removed."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    engine TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL,
    how TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (engine, kind, name, id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Entry:
    """One thing in one engine."""

    engine: str
    kind: Kind
    name: str  # an image's reference with its tag, or "" for an untagged one; else the thing's name
    id: str  # the engine's identifier, or "" for what has only a name (a volume)
    how: How
    at: float  # seconds since the epoch


class Ledger:
    """Safe for several threads and processes. Raises InputError when the file cannot be used."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or paths().ledger
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def note(self, engine: str, kind: Kind, name: str, id: str, how: How) -> None:
        """Write a thing down. Again: `how` and the time are those of the last."""
        with self._session() as db:
            db.execute(
                "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)",
                (engine, kind, name, id, how, time.time()),
            )

    def forget(self, engine: str, kind: Kind, *, name: str | None = None, id: str | None = None) -> None:
        """Strike out what has this name, this id, or both, where both are given."""
        where, values = "engine = ? AND kind = ?", [engine, kind]
        for column, value in (("name", name), ("id", id)):
            if value is not None:
                where += f" AND {column} = ?"
                values.append(value)
        if len(values) == 2:
            raise ValueError("forget what? neither name nor id was given")
        with self._session() as db:
            db.execute(f"DELETE FROM entry WHERE {where}", values)  # noqa: S608  columns are ours

    def entries(self, engine: str, kind: Kind | None = None) -> list[Entry]:
        """What is written down for an engine, oldest first."""
        with self._session() as db:
            rows = db.execute(
                "SELECT engine, kind, name, id, how, at FROM entry"
                " WHERE engine = ? AND (kind = ? OR ? IS NULL)"
                " ORDER BY at, name",
                (engine, kind, kind),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def close(self) -> None:
        """Let go of the file. The next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._open()
                with self._connection:
                    yield self._connection
            except sqlite3.Error as error:
                raise InputError(
                    f"The course's ledger cannot be used: {self._path}.",
                    hint="If the file is damaged, move it away; labelled things are found without it.",
                    detail=str(error),
                ) from error

    def _open(self) -> sqlite3.Connection:
        try:
            connection = open_database(self._path, _SCHEMA, check_same_thread=False)
            connection.execute("PRAGMA synchronous = NORMAL")
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error
        return connection

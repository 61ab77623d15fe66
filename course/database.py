"""Opens the course's small SQLite files so that several programs and threads can use them at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

BUSY_SECONDS = 10.0
"""How long a call waits for another program's write."""


class NewerFile(sqlite3.DatabaseError):
    """A file that a newer version of the course has upgraded."""


def open_database(path: Path, schema: str, *, check_same_thread: bool = True) -> sqlite3.Connection:
    """A connection with `schema` applied; its statements say IF NOT EXISTS. The caller closes it.

    Raises OSError or sqlite3.Error.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=check_same_thread)
    try:
        _write_ahead(connection)
        connection.executescript(schema)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Write-ahead logging: a reader (the course list) never waits for a writer (a check).

    Changing the mode needs the file alone for a moment, and SQLite's busy timeout doesn't cover that:
    two programs that open a new file together get "database is locked" (sqlite.org/wal.html).
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def upgrade(connection: sqlite3.Connection, versions: Sequence[Sequence[str]]) -> None:
    """Brings a file to the newest of `versions`: each is the SQL that leads there from the one before.

    A file remembers how many it has seen. Programs that open an old file together upgrade it once, and a
    crash in between leaves it as it was. Raises NewerFile, or sqlite3.Error.
    """
    if _version(connection) == len(versions):
        return
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        seen = _version(connection)  # another program may have upgraded it meanwhile
        if seen > len(versions):
            raise NewerFile(f"its version is {seen}, and this course knows {len(versions)}")
        for statement in (line for version in versions[seen:] for line in version):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(versions)}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])

"""What a learner predicted, tried and passed: one small SQLite file, safe with several programs at once."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.database import open_database
from course.errors import InputError
from course.paths import paths

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, exercise TEXT NOT NULL, at REAL NOT NULL, status TEXT NOT NULL,
    score REAL NOT NULL, seconds REAL NOT NULL, report TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS attempts_exercise ON attempts (exercise, at);
CREATE TABLE IF NOT EXISTS hints (exercise TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (exercise, number));
CREATE TABLE IF NOT EXISTS predictions (
    id INTEGER PRIMARY KEY, question TEXT NOT NULL, answer TEXT NOT NULL, correct INTEGER, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS predictions_question ON predictions (question, at);
"""


@dataclass(frozen=True)
class State:
    """How an exercise stands. `best` is the best score so far, 0.0 to 1.0."""

    attempts: int = 0
    passed: bool = False
    last: str = ""  # the last verdict: pass, fail, error; "" if there was none
    best: float = 0.0
    hints: int = 0


@dataclass(frozen=True)
class Prediction:
    """What somebody answered before running the cell; `correct` is None where nobody could judge yet."""

    question: str
    answer: str
    correct: bool | None
    at: float  # seconds since the epoch


class Progress:
    """The record. Each call opens and closes its own connection, so that threads and programs don't meet."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or paths().progress

    def record(self, report: dict[str, Any]) -> None:
        """Keeps a report (`Report.to_json()`)."""
        with self._open() as db:
            db.execute(
                "INSERT INTO attempts (exercise, at, status, score, seconds, report) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    report["exercise"],
                    time.time(),
                    report["status"],
                    report["score"],
                    report["seconds"],
                    json.dumps(report, ensure_ascii=False),
                ),
            )

    def last_report(self, exercise: str) -> dict[str, Any] | None:
        """The newest report of an exercise, None if there is none."""
        with self._open() as db:
            row = db.execute(
                "SELECT report FROM attempts WHERE exercise = ? ORDER BY id DESC LIMIT 1", (exercise,)
            ).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def states(self) -> dict[str, State]:
        """The exercises of which anything is known."""
        with self._open() as db:
            attempts = db.execute(
                "SELECT exercise, count(*), max(status = 'pass'), max(score), "
                "(SELECT status FROM attempts AS a WHERE a.exercise = b.exercise ORDER BY id DESC LIMIT 1) "
                "FROM attempts AS b GROUP BY exercise"
            ).fetchall()
            hints = dict(db.execute("SELECT exercise, max(number) FROM hints GROUP BY exercise").fetchall())
        found = {
            name: State(count, bool(passed), last, best, hints.pop(name, 0))
            for name, count, passed, best, last in attempts
        }
        return found | {name: State(hints=count) for name, count in hints.items()}

    def state(self, exercise: str) -> State:
        """How one exercise stands; all zero for one never tried."""
        return self.states().get(exercise, State())

    def take_hint(self, exercise: str, available: int) -> int:
        """The number, from 1, of the next hint of `available`; after the last one, the last one again."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            (taken,) = db.execute(
                "SELECT coalesce(max(number), 0) FROM hints WHERE exercise = ?", (exercise,)
            ).fetchone()
            number = min(int(taken) + 1, available)
            db.execute("INSERT OR IGNORE INTO hints VALUES (?, ?, ?)", (exercise, number, time.time()))
        return number

    def predict(self, question: str, answer: str, correct: bool | None = None) -> None:
        """Keeps a prediction; `question` is an id such as "02/layers-1"."""
        with self._open() as db:
            db.execute(
                "INSERT INTO predictions (question, answer, correct, at) VALUES (?, ?, ?, ?)",
                (question, answer, correct, time.time()),
            )

    def predictions(self, question: str | None = None) -> list[Prediction]:
        """All predictions, or those for one question, oldest first."""
        where, values = ("WHERE question = ?", (question,)) if question else ("", ())
        with self._open() as db:
            rows = db.execute(
                f"SELECT question, answer, correct, at FROM predictions {where} ORDER BY id",  # noqa: S608
                values,
            ).fetchall()
        return [
            Prediction(q, answer, None if correct is None else bool(correct), at)
            for q, answer, correct, at in rows
        ]

    def forget(self, exercise: str) -> None:
        """Drops the attempts and hints of one exercise."""
        with self._open() as db:
            db.execute("DELETE FROM attempts WHERE exercise = ?", (exercise,))
            db.execute("DELETE FROM hints WHERE exercise = ?", (exercise,))

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            db = open_database(self._path, _SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        try:
            with db:
                yield db
        except sqlite3.DatabaseError as error:
            raise self._unusable(error) from error
        finally:
            db.close()

    def _unusable(self, error: Exception) -> InputError:
        return InputError(
            f"The record of your progress cannot be used: {self._path.name}: {error}.",
            hint=f"Move {self._path} away; a new one is made.",
        )

"""What a learner predicted, tried and passed: one small SQLite file, safe with several programs at once."""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.database import NewerFile, open_database, upgrade
from course.errors import InputError
from course.paths import paths

_VERSIONS = (
    # Files of the first version don't know that they are one: hence IF NOT EXISTS.
    (
        "CREATE TABLE IF NOT EXISTS attempts (id INTEGER PRIMARY KEY, exercise TEXT NOT NULL, "
        "at REAL NOT NULL, status TEXT NOT NULL, score REAL NOT NULL, seconds REAL NOT NULL, "
        "report TEXT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS attempts_exercise ON attempts (exercise, at)",
        "CREATE TABLE IF NOT EXISTS hints (exercise TEXT NOT NULL, number INTEGER NOT NULL, "
        "at REAL NOT NULL, PRIMARY KEY (exercise, number))",
        "CREATE TABLE IF NOT EXISTS predictions (id INTEGER PRIMARY KEY, question TEXT NOT NULL, "
        "answer TEXT NOT NULL, correct INTEGER, at REAL NOT NULL)",
        "CREATE INDEX IF NOT EXISTS predictions_question ON predictions (question, at)",
    ),
    # Hints of several ladders; what was taken before is of the general one. SQLite can't change a key.
    (
        "CREATE TABLE new_hints (exercise TEXT NOT NULL, ladder TEXT NOT NULL, number INTEGER NOT NULL, "
        "at REAL NOT NULL, PRIMARY KEY (exercise, ladder, number))",
        "INSERT INTO new_hints SELECT exercise, '', number, at FROM hints",
        "DROP TABLE hints",
        "ALTER TABLE new_hints RENAME TO hints",
    ),
    # Signs of somebody at work on an exercise, beside its attempts and hints: what time spent is told from.
    (
        "CREATE TABLE signs (id INTEGER PRIMARY KEY, exercise TEXT NOT NULL, what TEXT NOT NULL, "
        "at REAL NOT NULL)",
        "CREATE INDEX signs_exercise ON signs (exercise, at)",
    ),
)
_SIGN_SECONDS = 30
"""A sign so soon after another one tells nothing new: an editor may save each second."""
_LONGEST_PAUSE = 15 * 60
"""Of a longer silence so many seconds count as work."""


@dataclass(frozen=True)
class State:
    """How an exercise stands. `best` is the best score so far, 0.0 to 1.0."""

    attempts: int = 0
    passed: bool = False
    last: str = ""  # the last verdict: pass, fail, error; "" if there was none
    best: float = 0.0
    hints: int = 0  # of all its ladders


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
            hints = dict(db.execute("SELECT exercise, count(*) FROM hints GROUP BY exercise").fetchall())
        found = {
            name: State(count, bool(passed), last, best, hints.pop(name, 0))
            for name, count, passed, best, last in attempts
        }
        return found | {name: State(hints=count) for name, count in hints.items()}

    def state(self, exercise: str) -> State:
        """How one exercise stands; all zero for one never tried."""
        return self.states().get(exercise, State())

    def take_hint(self, exercise: str, available: int, ladder: str = "") -> int:
        """The number, from 1, of the next hint of `available`; after the last one, the last one again.

        An exercise may have several ladders of hints, and how far one went is kept for each; "" is the
        general one.
        """
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            (taken,) = db.execute(
                "SELECT coalesce(max(number), 0) FROM hints WHERE exercise = ? AND ladder = ?",
                (exercise, ladder),
            ).fetchone()
            number = min(int(taken) + 1, available)
            db.execute(
                "INSERT OR IGNORE INTO hints (exercise, ladder, number, at) VALUES (?, ?, ?, ?)",
                (exercise, ladder, number, time.time()),
            )
        return number

    def note(self, exercise: str, what: str) -> None:
        """Keeps a sign of work on an exercise: "start", "open", "save". Time spent is told from these."""
        now = time.time()
        with self._open() as db:
            db.execute(
                "INSERT INTO signs (exercise, what, at) SELECT ?, ?, ? WHERE NOT EXISTS "
                "(SELECT 1 FROM signs WHERE exercise = ? AND at > ?)",
                (exercise, what, now, exercise, now - _SIGN_SECONDS),
            )

    def seconds_spent(self) -> dict[str, float]:
        """Exercise → seconds of work, up to its first pass, or so far.

        An estimate: the time between two signs of life (start, open, save, hint, a check's begin and end)
        counts, and of a silence at most a quarter of an hour.
        """
        with self._open() as db:
            passed = dict(
                db.execute("SELECT exercise, min(at) FROM attempts WHERE status = 'pass' GROUP BY exercise")
            )
            rows = db.execute(
                "SELECT exercise, at FROM signs UNION ALL SELECT exercise, at FROM hints UNION ALL "
                "SELECT exercise, at FROM attempts UNION ALL SELECT exercise, at - seconds FROM attempts"
            ).fetchall()
        signs: dict[str, list[float]] = {}
        for exercise, at in rows:
            if at <= passed.get(exercise, at):
                signs.setdefault(exercise, []).append(at)
        return {exercise: _worked(sorted(moments)) for exercise, moments in signs.items()}

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
        """Drops the attempts, hints and times of one exercise."""
        with self._open() as db:
            for table in ("attempts", "hints", "signs"):
                db.execute(f"DELETE FROM {table} WHERE exercise = ?", (exercise,))  # noqa: S608

    def forget_all(self) -> None:
        """Drops all that is known, predictions too."""
        with self._open() as db:
            for table in ("attempts", "hints", "signs", "predictions"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            db = open_database(self._path, "")
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        try:
            upgrade(db, _VERSIONS)
            with db:
                yield db
        except sqlite3.DatabaseError as error:
            raise self._unusable(error) from error
        finally:
            db.close()

    def _unusable(self, error: Exception) -> InputError:
        older = "Update the course, or move" if isinstance(error, NewerFile) else "Move"
        return InputError(
            f"The record of your progress cannot be used: {self._path.name}: {error}.",
            hint=f"{older} {self._path} away; a new one is made.",
        )


def _worked(moments: list[float]) -> float:
    return sum(min(later - earlier, _LONGEST_PAUSE) for earlier, later in itertools.pairwise(moments))

"""What is kept of a checked attempt: its report, and of a pass the files that passed."""

from __future__ import annotations

from typing import Any

from course import snapshots
from course.errors import InputError
from course.exercises import working_copy
from course.progress import Progress


def keep(report: dict[str, Any]) -> InputError | None:
    """Keeps the report (`Report.to_json()`) on the learner's working copy and, where it passed, the copy.

    Returns why the files could not be kept: a pass is a pass all the same. Raises InputError where the record
    can't be written, NoWorkingCopy where the working copy is gone.
    """
    Progress().record(report)
    if report["status"] != "pass":
        return None
    try:
        snapshots.keep(report["exercise"], working_copy(report["exercise"]))
    except InputError as error:
        return error
    return None

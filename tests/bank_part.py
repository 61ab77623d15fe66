"""Which part of the bank a run of the tests tries.

The whole takes more than half an hour on two cores. A run tries a sixth of it, the next commit's run the next
sixth: any six commits in a row try all. COURSE_BANK=all tries everything, as `make bank` does; 1 to 6 that
part. So it is with a fixed part of the mutations. Each exercise's starter and solution are tried by every
run, elsewhere.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

import pytest

from checkers.bank.trials import Trial
from course.paths import repository

PARTS = 6
_ENV = "COURSE_BANK"
_KNOWN = {"all", *(str(part + 1) for part in range(PARTS))}


def choose() -> None:
    """Settles it for this run and its workers. Without git it is the first part.

    Raises UsageError for a part that isn't there.
    """
    chosen = os.environ.get(_ENV)
    if chosen and chosen not in _KNOWN:
        raise pytest.UsageError(f"{_ENV} is {chosen!r}: say all, or a part from 1 to {PARTS}.")
    if chosen:
        return
    count = subprocess.run(
        ["git", "rev-list", "--count", "HEAD"],
        cwd=repository(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    ).stdout.strip()
    os.environ[_ENV] = str(int(count or 0) % PARTS + 1)


def said() -> str:
    """For the head of a run."""
    chosen = os.environ[_ENV]
    if chosen == "all":
        return "bank: all of it"
    return f"bank: part {chosen} of {PARTS}, by the commit's number ({_ENV}=all: all of it)"


def of_this_run(trials: Sequence[Trial], share: int = 1) -> list[Trial]:
    """Those that this run tries, of trials whose numbers can be divided by `share`."""
    chosen = os.environ[_ENV]
    return [one for one in trials if chosen in {"all", str(one.submission.number // share % PARTS + 1)}]

"""Who may write to a file, as the kernel decides it from owner, group and mode."""

from __future__ import annotations

import pytest

from checkers.processes import Process
from checkers.rules.writes_only import writable
from course.layers import Entry

APP = Process(1, 0, "app", (1000,) * 4, (1000,) * 4, (27,))


@pytest.mark.parametrize(
    ("uid", "gid", "mode", "may"),
    [
        (0, 0, 0o644, False),
        (0, 0, 0o755, False),
        (0, 0, 0o666, True),
        (1000, 0, 0o644, True),
        (1000, 0, 0o444, True),  # an owner can change the mode
        (0, 1000, 0o664, True),
        (0, 1000, 0o646, False),  # the group's bits count for who is in the group, not the others'
        (0, 27, 0o660, True),
        (0, 28, 0o660, False),
    ],
)
def test_owner_then_group_then_others(uid: int, gid: int, mode: int, may: bool) -> None:
    assert writable(Entry("app/main.py", "file", 1, mode, uid, gid), APP) is may

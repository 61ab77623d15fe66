"""What a container's processes are, read from what /proc says."""

from __future__ import annotations

from checkers.processes import names, parse

TOLD = """looker 7
process 1
PPid:\t0
Uid:\t0\t1000\t1000\t1000
Gid:\t1000\t1000\t1000\t1000
Groups:\t1000 44
NoNewPrivs:\t1
Seccomp:\t2
CapInh:\t0000000000000000
CapPrm:\t0000000000000400
CapEff:\t0000000000000000
CapBnd:\t00000000a80425fb
CapAmb:\t0000000000000000
command app --port 80\x20
process 12
PPid:\t1
Uid:\t1000\t1000\t1000\t1000
command \x20
process 7
PPid:\t0
Uid:\t0\t0\t0\t0
command sh -c look
process 13
PPid:\t7
Uid:\t0\t0\t0\t0
command head
process 14
command\x20
done
"""


def test_processes_without_the_looker_s_own() -> None:
    first, second = parse(TOLD)
    assert (first.pid, first.command, first.groups) == (1, "app --port 80", (1000, 44))
    assert first.is_root, "its real user is root: it can take that up again"
    assert (first.capabilities, first.no_new_privileges) == (("NET_BIND_SERVICE",), True)
    assert "CHOWN" in names(first.bounding)
    assert (second.pid, second.is_root, second.capabilities) == (12, False, ())


def test_a_command_line_can_t_pass_for_another_process() -> None:
    told = TOLD.replace("app --port 80", "app process 3 Uid: 1 1 1 1")
    assert [one.pid for one in parse(told)] == [1, 12]


def test_capabilities_that_are_younger_than_the_list() -> None:
    assert names(1 << 0 | 1 << 40 | 1 << 45) == ("CHOWN", "CHECKPOINT_RESTORE", "CAP_45")


def test_nothing_is_made_of_nothing() -> None:
    assert parse("") == ()

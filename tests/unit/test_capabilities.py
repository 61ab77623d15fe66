"""Capabilities as the kernel writes them: the bits by name, and how far a process has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from course.capabilities import MEANING, NAMES, Hold, decode, read_status
from course.errors import InputError

HEADER = Path("/usr/include/linux/capability.h")
DEFAULT = (
    "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD "
    "AUDIT_WRITE SETFCAP"
)


def status(user: int = 0, effective: str = "0", bounding: str = "0", **more: str) -> str:
    rest = "".join(f"{key}:\t{value}\n" for key, value in more.items())
    users = f"Uid:\t1\t{user}\t2\t3"
    return f"Name:\tcat\n{users}\nCapPrm:\t{effective}\nCapEff:\t{effective}\nCapBnd:\t{bounding}\n{rest}"


def test_the_engines_default_set_is_decoded() -> None:
    assert decode("00000000a80425fb") == tuple(DEFAULT.split())


@pytest.mark.parametrize(
    ("mask", "names"),
    [
        ("0", ()),
        ("0000000000000001", ("CHOWN",)),
        ("0000000000200000", ("SYS_ADMIN",)),
        ("10000000000", ("CHECKPOINT_RESTORE",)),
        ("20000000000", ("41",)),  # of a kernel newer than this list
        ("1ffffffffff", NAMES),
    ],
)
def test_bits_are_decoded(mask: str, names: tuple[str, ...]) -> None:
    assert decode(mask) == names


@pytest.mark.skipif(not HEADER.exists(), reason="no Linux headers here")
def test_the_names_are_those_of_the_kernels_header() -> None:
    told = re.findall(r"^#define CAP_(\w+)\s+(\d+)\s*$", HEADER.read_text(), re.MULTILINE)
    assert [name for name, _ in sorted(told, key=lambda one: int(one[1]))] == list(NAMES[: len(told)])


def test_what_is_explained_exists() -> None:
    assert set(MEANING) <= set(NAMES)
    assert set(DEFAULT.split()) <= set(MEANING)


@pytest.mark.parametrize("mask", ["", "zz", "CapEff"])
def test_what_is_no_mask_is_refused(mask: str) -> None:
    with pytest.raises(InputError, match="no set of capabilities"):
        decode(mask)


def test_a_status_is_read() -> None:
    read = read_status(status(7, "1", "a80425fb", NoNewPrivs="0", Seccomp="2"))
    assert (read.user, read.no_new_privileges, read.seccomp) == (7, False, True)
    assert read.effective == read.permitted == {"CHOWN"}
    assert read.hold("CHOWN") is Hold.EFFECTIVE
    assert read.hold("KILL") is Hold.BOUNDING
    assert read.hold("SYS_ADMIN") is Hold.NONE


def test_a_permitted_capability_is_told_from_an_effective_one() -> None:
    read = read_status(status(effective="0", bounding="1").replace("CapPrm:\t0", "CapPrm:\t1"))
    assert read.hold("CHOWN") is Hold.PERMITTED


def test_no_new_privileges_puts_the_bound_out_of_reach() -> None:
    read = read_status(status(1000, "0", "a80425fb", NoNewPrivs="1"))
    assert read.hold("KILL") is Hold.NONE
    assert read.bounding


@pytest.mark.parametrize("text", ["", "Uid:\t0\t0\t0\t0\n", "Uid:\nCapEff:\t0\nCapPrm:\t0\nCapBnd:\t0\n"])
def test_what_is_no_status_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not the status of a process"):
        read_status(text)

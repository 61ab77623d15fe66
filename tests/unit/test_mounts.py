"""What is mounted where, read from the engine's words, and a measurement of writing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from course import plots
from course.mounts import Mount, MountMap, Writes, mounts_of, read_writes

NAMELESS = "0f" * 32


class Still:
    """A container as docker-py tells of it, that isn't running."""

    status, name = "created", "shop"

    def __init__(self, attrs: dict[str, Any]) -> None:
        self.attrs = {"Name": "/shop", **attrs}

    def reload(self) -> None:
        """Nothing has changed."""


class Running(Still):
    """One that runs, with what `stat` says in it; its last folder is gone by then."""

    status = "running"

    def exec_run(self, command: list[str], **_: Any) -> SimpleNamespace:
        paths = command[command.index("%u:%g %a %n") + 1 :]
        said = "".join(f"{1000 + n}:99 7{n}5 {path}\n" for n, path in enumerate(paths[:-1]))
        return SimpleNamespace(output=said.encode())


TOLD = {
    "Mounts": [
        {"Type": "volume", "Name": NAMELESS, "Destination": "/var/lib", "RW": True},
        {"Type": "bind", "Source": "/home/ada/site", "Destination": "/site", "RW": False},
        {"Type": "volume", "Name": "data", "Destination": "/data", "RW": True},
    ],
    "HostConfig": {"Tmpfs": {"/scratch": "size=1m"}},
}


def test_every_kind_is_told_apart_in_the_order_of_the_paths() -> None:
    found = mounts_of([Still(TOLD)])  # type: ignore[list-item]
    assert [(one.target, one.kind, one.source) for one in found.mounts] == [
        ("/data", "volume", "data"),
        ("/scratch", "tmpfs", ""),
        ("/site", "bind", "site"),
        ("/var/lib", "anonymous", NAMELESS),
    ]
    assert [one.target for one in found.mounts if not one.writable] == ["/site"]


def test_who_owns_it_is_what_stat_says_inside_and_nothing_where_it_says_nothing() -> None:
    found = mounts_of([Running(TOLD)])  # type: ignore[list-item]
    assert found.runs_as == {"shop": "1000"}
    assert [(one.target, one.owner, one.mode) for one in found.mounts] == [
        ("/data", "1001:99", "715"),
        ("/scratch", "1002:99", "725"),
        ("/site", "1003:99", "735"),
        ("/var/lib", "", ""),
    ]


def test_nobody_looks_into_what_does_not_run() -> None:
    found = mounts_of([Still(TOLD)])  # type: ignore[list-item]
    assert found.runs_as == {"shop": ""}
    assert {(one.owner, one.mode) for one in found.mounts} == {("", "")}


def test_a_volume_that_two_containers_mount_is_drawn_once() -> None:
    two = MountMap(
        (
            Mount("a", "volume", "data", "/in", owner="0:0", mode="755"),
            Mount("b", "volume", "data", "/out", writable=False),
        ),
        {"a": "0", "b": "1000"},
    )
    drawn = plots.volume_map(two)
    words = [text.get_text() for text in drawn.figure.axes[0].texts]
    assert words.count("data") == 1
    assert drawn.alt == (
        "Map of what is mounted where. a: /in is named volume data, owner 0:0, mode 755. "
        "b: /out is named volume data, read-only."
    )


def test_the_owner_of_a_folder_of_the_machine_stays_out_of_the_alt_text() -> None:
    one = MountMap((Mount("a", "bind", "site", "/in", owner="1234:99", mode="700"),), {"a": "0"})
    assert "1234" not in plots.volume_map(one).alt


def test_a_container_without_mounts_is_said_to_have_none() -> None:
    assert "a: nothing is mounted." in plots.volume_map(MountMap((), {"a": "0"})).alt


def test_a_measurement_is_gathered_by_place_and_has_a_median() -> None:
    found = read_writes("named volume 0.3\ntmpfs 0.01\n\nnamed volume 0.1\nnamed volume 9\n")
    assert found == (Writes("named volume", (0.3, 0.1, 9.0)), Writes("tmpfs", (0.01,)))
    assert found[0].median == pytest.approx(0.3)


def test_a_line_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="float"):
        read_writes("Traceback (most recent call last):")


def test_the_alt_text_of_a_measurement_holds_no_time_and_no_order() -> None:
    assert plots.write_speeds("a 1\nb 2").alt == plots.write_speeds("b 1\na 2").alt

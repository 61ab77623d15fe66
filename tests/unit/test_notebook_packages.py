"""What a lesson's index offers is such as pip and apt read. That both install it, lesson 05 shows."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest
from packaging.metadata import Metadata
from packaging.utils import parse_wheel_filename

from course.notebook.packages import control, deb, wheel


def test_a_wheel_says_who_it_is_and_holds_its_module() -> None:
    name, version, _, _ = parse_wheel_filename("till-1.0-py3-none-any.whl")
    with zipfile.ZipFile(io.BytesIO(wheel(name, str(version)))) as packed:
        metadata = Metadata.from_email(packed.read("till-1.0.dist-info/METADATA"))
        assert (metadata.name, str(metadata.version)) == ("till", "1.0")
        assert packed.read("till.py") == b"version = '1.0'\n"
        assert {"till-1.0.dist-info/WHEEL", "till-1.0.dist-info/RECORD"} < set(packed.namelist())


@pytest.mark.parametrize("name", ["coins", "coin"])  # an odd length and an even one: members are padded
def test_a_debian_package_is_an_archive_of_three_members(name: str) -> None:
    content, at, found = deb(name, "2.0"), 8, {}
    assert content[:8] == b"!<arch>\n"
    while at < len(content):
        head = content[at : at + 60]
        assert head[58:] == b"`\n"
        size = int(head[48:58])
        found[head[:16].decode().strip()] = content[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    assert list(found) == ["debian-binary", "control.tar.gz", "data.tar.gz"]
    assert found["debian-binary"] == b"2.0\n"
    with tarfile.open(fileobj=io.BytesIO(found["control.tar.gz"])) as packed:
        said = packed.extractfile("control")
        assert said
        assert said.read().decode() == control(name, "2.0")
    assert f"Package: {name}\nVersion: 2.0\nArchitecture: all\n" in control(name, "2.0")

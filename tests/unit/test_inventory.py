"""The packages that an image's records tell of: read from the final tree, and from nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.archive import open_image
from course.archive.contents import in_archive
from course.inventory import Package, packages
from tests.unit.archives import layout, oci, old_save, tar

DPKG = b"""Package: libc6
Status: install ok installed
Version: 2.41-12
Description: the C library
 Version: none of this

Package: gone
Status: deinstall ok config-files
Version: 1
"""
METADATA = b"Metadata-Version: 2.1\nName: till\nVersion: 1.5\n\nAbout it.\n\nName: prose\nVersion: 0\n"
PLACE = "usr/lib/python3/till-1.5.dist-info/METADATA"
LIBC = Package("deb", "libc6", "2.41-12", "var/lib/dpkg/status")


def told(tmp_path: Path, *layers: bytes, old: bool = False) -> tuple[Package, ...]:
    archive = tar(old_save(list(layers)) if old else layout(oci(list(layers))))
    file = tmp_path / "image.tar"
    file.write_bytes(archive)
    return packages(in_archive(iter([archive])), open_image(file, image="test:1"))


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    ("path", "record", "found"),
    [
        ("var/lib/dpkg/status", DPKG, LIBC),
        (
            "./var/lib/dpkg/status.d/tzdata",
            b"Package: tzdata\nVersion: 2025b\n",
            Package("deb", "tzdata", "2025b", "var/lib/dpkg/status.d/tzdata"),
        ),
        (
            "lib/apk/db/installed",
            b"C:Q1x=\nP:musl\nV:1.2.5-r10\nA:x86_64\nF:lib\nR:libc.so\n\n",
            Package("apk", "musl", "1.2.5-r10", "lib/apk/db/installed"),
        ),
        (PLACE, METADATA, Package("python", "till", "1.5", PLACE)),
    ],
)
def test_records_are_read(path: str, record: bytes, found: Package, old: bool, tmp_path: Path) -> None:
    assert told(tmp_path, tar({path: record, "usr/bin/tool": b"\x7fELF"}), old=old) == (found,)


def test_what_no_package_manager_wrote_down_is_not_known(tmp_path: Path) -> None:
    assert told(tmp_path, tar({"usr/local/bin/libc6": b"\x7fELF", "srv/METADATA": METADATA})) == ()


def test_the_last_layer_counts(tmp_path: Path) -> None:
    first = tar({"var/lib/dpkg/status": DPKG})
    newer = tar({"var/lib/dpkg/status": DPKG.replace(b"-12", b"-13")})
    assert [each.version for each in told(tmp_path, first, newer)] == ["2.41-13"]


def test_a_deleted_record_tells_nothing(tmp_path: Path) -> None:
    first = tar({"var/lib/dpkg/status": DPKG, PLACE: METADATA})
    assert [each.name for each in told(tmp_path, first, tar({"var/lib/dpkg/.wh.status": b""}))] == ["till"]

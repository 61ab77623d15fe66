"""An upgrade of an embedded engine that runs, on a machine within the machine.

Real engines; only the fetching is not: the machine reaches no mirror, so the "newer version" is the same
programs under another number.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.conftest import UnpackedGetter
from tests.engine.sandbox import Sandbox, image_tar, left_behind, sandbox

pytestmark = [pytest.mark.root, pytest.mark.timeout(120)]
NEW = "99.0"
UPGRADE = """
import os, shutil, sys
from course.engine.embedded import packages

broken = "broken" in sys.argv

def fetch(kind, suite, mirror, steps, here):
    if here.version == "99.0":
        return here
    target = packages._folder() / f"{suite}-99.0"
    shutil.copytree(here.root, target, symlinks=True, copy_function=os.link)
    os.utime(target)
    found = packages.Unpacked(target, suite, "99.0")
    if broken:
        found.dockerd.unlink()
        found.dockerd.write_text("#!/bin/sh\\necho no such luck; exit 1\\n")
        found.dockerd.chmod(0o755)
    return found

packages._fetch = fetch
from course.cli import main
sys.argv[1:] = ["up", "--upgrade"]
main()
"""


@pytest.fixture
def box(unpacked: UnpackedGetter) -> Iterator[Sandbox]:
    """A machine whose cache holds one engine and is its own."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("needs root on Linux: namespaces of its own")
    engine = unpacked("unstable")
    with tempfile.TemporaryDirectory(prefix="machine-") as folder:
        cache = Path(folder) / "cache"
        shutil.copytree(engine.root, cache / "engine" / engine.root.name, symlinks=True, copy_function=_link)
        with sandbox(Path(folder) / "home", cache, COURSE_ENGINE_SUITE="unstable") as made:
            yield made


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # the cache is on another disk
        shutil.copy2(source, target)


def versions(box: Sandbox) -> list[str]:
    return sorted(path.name for path in (box.home / "cache/engine").glob("unstable-*"))


def dockerd(box: Sandbox) -> str:
    (line,) = [line for line in box.processes() if "/dockerd " in line]
    return line.split()[0]


def test_a_newer_version_takes_over_the_data(box: Sandbox, tmp_path: Path) -> None:
    before = left_behind(box)
    box.course("up")
    old = versions(box)
    box.docker("import", str(image_tar(tmp_path / "image.tar")), "tiny")
    box.docker("run", "-d", "--restart=always", "--init", "tiny", "/bin/sleep", "4242")
    said = box.run(sys.executable, "-c", UPGRADE)
    assert f"Docker Engine {NEW}" in said
    assert "in place of" in said
    assert versions(box) == [f"unstable-{NEW}"] != old
    assert f"unstable-{NEW}/" in dockerd(box)
    assert box.docker("ps", "-q", "--filter", "ancestor=tiny")  # it went on, as its restart policy says
    running = box.named("dockerd")

    said = box.run(sys.executable, "-c", UPGRADE)
    assert "is here." in said
    assert box.named("dockerd") == running
    box.course("down")
    assert left_behind(box) == before


def test_an_engine_that_does_not_run_is_only_replaced_and_then_started(box: Sandbox) -> None:
    box.run(sys.executable, "-c", UPGRADE)
    assert versions(box) == [f"unstable-{NEW}"]
    assert f"unstable-{NEW}/" in dockerd(box)
    box.course("down")


def test_one_that_does_not_start_gives_way_to_the_old_one(box: Sandbox, tmp_path: Path) -> None:
    box.course("up")
    old = versions(box)
    box.docker("import", str(image_tar(tmp_path / "image.tar")), "tiny")
    process = box.popen([sys.executable, "-c", UPGRADE, "broken"])
    _, said = process.communicate(timeout=100)
    assert process.returncode == 2, said
    assert "runs again" in said
    assert "no such luck" in said
    assert versions(box) == old
    assert box.docker("images", "-q", "tiny")
    box.course("down")

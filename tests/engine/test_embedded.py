"""The embedded engine's life, on machines within the machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from course.engine.embedded import cgroups, mounts, processes
from tests.engine.conftest import MachineMaker
from tests.engine.sandbox import COURSE, Sandbox, image_tar, left_behind

pytestmark = [pytest.mark.root, pytest.mark.timeout(120)]
SUITES = ["unstable", "trixie"]  # what the course brings: the newest, and the one to fall back on
STORES = {"unstable": "containerd", "trixie": "overlay2"}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return image_tar(tmp_path / "image.tar")


@pytest.mark.parametrize("suite", SUITES)
def test_up_use_down(machine: MachineMaker, suite: str, image: Path) -> None:
    box = machine(suite)
    before = left_behind(box)
    # In a terminal that is closed right afterwards: the engine must outlive it.
    said = box.run("script", "-qec", f"{COURSE[0]} -c '{COURSE[2]}' up", "/dev/null", COLUMNS="200")
    assert f"({STORES[suite]} store) answers at" in said
    assert "the course's own engine" in said
    daemons = box.named("dockerd")
    assert len(daemons) == 1

    out, err = box.course("up")
    assert "the course's own engine" in out
    assert "Starting" not in err
    assert box.named("dockerd") == daemons

    use(box, image)
    assert "MASQUERADE" in str(box.rules())  # or the comparison below would prove nothing
    out, _ = box.course("down")
    assert "is stopped" in out
    assert left_behind(box) == before

    box.course("up")
    assert box.docker("images", "-q", "tiny")
    box.course("down", "--purge")
    assert left_behind(box) == before
    assert not (box.home / "data/engine").exists()


def use(box: Sandbox, image: Path) -> None:
    """Containers, a network, a published port, a volume, a build, the CLI's plugins."""
    box.docker("import", str(image), "tiny")
    assert box.docker("run", "--rm", "--init", "tiny", "/bin/sh", "-c", "echo $((6*7))") == "42"
    box.docker("network", "create", "ours")
    run = ("run", "-d", "--init", "--network=ours", "-p", "127.0.0.1::80", "-v", "kept:/kept", "tiny")
    box.docker(*run, "/bin/sleep", "1000")
    context = box.home / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    box.docker("buildx", "build", "-t", "built", str(context))
    assert box.docker("compose", "version", "--short").startswith("2.")


def test_two_at_once_one_wins(machine: MachineMaker) -> None:
    box = machine("unstable")
    both = [box.popen([*COURSE, "up"]) for _ in range(2)]
    answers = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert all("the course's own engine" in out for out, _ in answers)
    assert sum("Starting" in err for _, err in answers) == 1
    assert len(box.named("dockerd")) == 1


KILLED = {
    "dockerd": ("dockerd",),
    "containerd": ("containerd",),
    "all": ("dockerd", "containerd", "containerd-shim-runc-v2"),
}


@pytest.mark.parametrize(
    ("suite", "killed"),
    [("unstable", "dockerd"), ("unstable", "containerd"), ("unstable", "all"), ("trixie", "all")],
)
def test_recovers_after_kill(machine: MachineMaker, suite: str, killed: str, image: Path) -> None:
    box = machine(suite)
    before = left_behind(box)
    box.course("up")
    box.docker("import", str(image), "tiny")
    box.docker(
        "run", "-d", "--init", "--name=one", "-p", "80", "-v", "kept:/kept", "tiny", "/bin/sleep", "4242"
    )
    box.kill(*KILLED[killed])

    box.course("up")
    assert len(box.named("dockerd")) == 1
    if killed == "containerd":  # dockerd survives, restarts it, and the container goes on
        assert len(box.named("containerd")) == 1
        assert any("sleep 4242" in line for line in box.processes())
    else:
        assert not any("sleep 4242" in line for line in box.processes())
        box.docker("start", "one")
    assert box.docker("ps", "-q")
    assert box.docker("run", "--rm", "tiny", "/bin/sh", "-c", "echo well") == "well"
    box.course("down")
    assert left_behind(box) == before


def test_recovers_after_reboot(machine: MachineMaker, image: Path) -> None:
    """Files of the former boot lie about; the process ids in them belong to somebody else by now."""
    box = machine("unstable")
    box.course("up")
    box.docker("import", str(image), "tiny")
    box.docker("run", "-d", "tiny", "/bin/sleep", "4242")
    box.kill(*KILLED["all"])
    stranger = box.popen(["tail", "-f", "/dev/null"])
    assert processes.wait_until(lambda: bool(box.named("tail")), 5)
    (pid,) = map(str, box.named("tail"))
    for file in ("docker.pid", "x/containerd/containerd.pid"):
        (box.home / "run" / file).parent.mkdir(parents=True, exist_ok=True)
        (box.home / "run" / file).write_text(pid)
    record = box.home / "run/before.json"
    record.write_text(record.read_text().replace('"epoch": "', '"epoch": "another boot '))

    box.course("up")
    assert box.docker("images", "-q", "tiny")
    box.course("down")
    assert stranger.poll() is None
    box.run("sh", "-c", f"kill {pid}")
    stranger.communicate()


def test_down_without_up_does_nothing(machine: MachineMaker) -> None:
    box = machine("unstable")
    before = left_behind(box)
    out, _ = box.course("down")
    assert "was not running" in out
    assert left_behind(box) == before


def test_a_disk_of_the_learners_for_the_data_stays_mounted(machine: MachineMaker) -> None:
    box = machine("unstable")
    root = f"{box.home}/data/engine"
    box.run("sh", "-c", f"mkdir -p {root} && mount -t tmpfs disk {root}")
    before = left_behind(box)
    box.course("up")
    box.docker("volume", "create", "kept")
    box.course("down")
    assert left_behind(box) == before
    assert "kept" in box.run("ls", f"{root}/volumes")
    box.course("down", "--purge")
    assert left_behind(box) == before
    assert box.run("ls", root) == ""


def test_room_is_made_in_a_cgroup_v2_root_with_processes() -> None:
    """As in a container with a cgroup namespace of its own; here in a group below the real root."""
    root = next((one.point for one in mounts.mounts() if one.kind == "cgroup2"), None)
    if root is None or os.geteuid() != 0:
        pytest.skip("needs root and a cgroup v2 mount")
    group = root / f"course-test-{os.getpid()}"
    group.mkdir()
    process = subprocess.Popen(["sleep", "100"])
    try:
        (group / "cgroup.procs").write_text(str(process.pid))
        assert cgroups.make_room(group)
        assert (group / "cgroup.procs").read_text() == ""
        assert (group / "init/cgroup.procs").read_text().split() == [str(process.pid)]
        controllers = (group / "cgroup.controllers").read_text().split()
        assert (group / "cgroup.subtree_control").read_text().split() == controllers
        assert not cgroups.make_room(group)  # nothing left to do
    finally:
        process.kill()
        process.wait()
        processes.wait_until(lambda: (group / "init/cgroup.procs").read_text() == "", 5)
        (group / "init").rmdir()
        group.rmdir()

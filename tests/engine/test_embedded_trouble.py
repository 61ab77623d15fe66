"""Machines on which an engine can't be started, or must not be."""

from __future__ import annotations

import fcntl
import http.server
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from course.engine.embedded import packages
from course.engine.embedded.packages import Unpacked
from course.engine.embedded.processes import wait_until
from course.errors import PackageError
from tests.engine.conftest import MachineMaker, UnpackedGetter
from tests.engine.sandbox import COURSE, Sandbox, image_tar, left_behind, start_engine

pytestmark = [pytest.mark.root, pytest.mark.timeout(120)]


def test_an_existing_engine_is_used_and_nothing_started(
    machine: MachineMaker, theirs: Unpacked, tmp_path: Path
) -> None:
    """At the usual place."""
    box = machine("unstable")
    start_engine(box, theirs, "/run/docker.sock")
    rules = box.rules()
    out, err = box.course("up")
    assert f"Docker Engine {theirs.version.partition('+')[0]}" in out
    assert "overlay2 store" in out
    assert "unix:///var/run/docker.sock (Docker Engine)" in out
    assert "Starting" not in err
    assert len(box.named("dockerd")) == 1

    report = json.loads(box.course("doctor", "--json")[0])
    assert report["ok"]
    assert report["engine"]["store"] == "overlay2"
    assert not report["engine"]["embedded"]
    assert box.docker("import", str(image_tar(tmp_path / "i.tar")), "tiny").startswith("sha256:")

    out, _ = box.course("down")
    assert "was not running" in out
    assert len(box.named("dockerd")) == 1
    assert box.rules() == rules


def test_what_a_stopped_engine_left_stays(machine: MachineMaker, theirs: Unpacked) -> None:
    """Its docker0 and chains are not ours to remove."""
    box = machine("unstable")
    start_engine(box, theirs, "/run/docker.sock")
    (pid,) = box.named("dockerd")
    box.run("sh", "-c", f"kill {pid}")
    assert wait_until(lambda: not box.named("dockerd"), 30)
    before = box.links(), set(chains(box))
    assert "docker0" in before[0]
    box.course("up")
    box.course("down")
    assert (box.links(), set(chains(box))) == before


def test_never_beside_an_engine_at_an_unknown_place(machine: MachineMaker, theirs: Unpacked) -> None:
    box = machine("unstable")
    start_engine(box, theirs, "/run/hidden.sock")
    _, err = box.course("up", code=2)
    assert "Another Docker Engine is running here" in err
    assert "DOCKER_HOST" in err
    assert len(box.named("dockerd")) == 1
    out, _ = box.course("up", DOCKER_HOST="unix:///run/hidden.sock")
    assert "(from DOCKER_HOST)" in out


def test_docker_host_to_nowhere_starts_nothing(machine: MachineMaker) -> None:
    box = machine("unstable")
    _, err = box.course("up", code=2, DOCKER_HOST="unix:///run/nowhere.sock")
    assert "DOCKER_HOST is set to unix:///run/nowhere.sock" in err
    assert "unset DOCKER_HOST" in err
    assert not box.named("dockerd")


# As the root of a container is: an overlay, on which no other overlay can be made.
OVERLAY = (
    "mkdir -p /run/o/u /run/o/w && "
    "mount -t overlay -o lowerdir=/etc,upperdir=/run/o/u,workdir=/run/o/w overlay {home}/data"
)
TROUBLE = {
    # what is wrong with the machine: the commands that make it so, and the words of fact and remedy
    "no cgroup": (
        "umount -R /sys/fs/cgroup; umount -R /sys/fs/cgroup; true",
        "no cgroup file system",
        "--privileged",
    ),
    "no overlay": (
        f"{OVERLAY}; for device in /dev/loop*; do mount --bind /dev/null $device; done",
        "no overlay can be mounted",
        "COURSE_HOME",
    ),
    "disk full": ("mount -t tmpfs -o size=50m tmpfs {home}/data", "MB are free", "COURSE_HOME"),
    "docker0 is no bridge": (
        "ip link add docker0 type veth peer name far",
        "docker0",
        "ip address show docker0",
    ),
}


@pytest.mark.usefixtures("disk_maker")
@pytest.mark.parametrize("trouble", list(TROUBLE))
def test_trouble_ends_in_fact_cause_and_next_step(machine: MachineMaker, trouble: str) -> None:
    commands, fact, remedy = TROUBLE[trouble]
    box = machine("unstable")
    box.run("sh", "-c", commands.format(home=box.home))
    before = left_behind(box)
    _, err = box.course("up", code=2)
    assert fact in err
    assert remedy in err
    assert "Traceback" not in err
    assert left_behind(box) == before


@pytest.mark.usefixtures("disk_maker")
def test_data_on_an_overlay_go_into_a_disk_of_their_own(machine: MachineMaker, tmp_path: Path) -> None:
    """As in a container without a volume. The disk goes with the engine, the data in it stay."""
    box = machine("unstable")
    box.run("sh", "-c", OVERLAY.format(home=box.home))
    before = left_behind(box)
    _, err = box.course("up")
    assert "which can't carry overlay" in err
    box.docker("import", str(image_tar(tmp_path / "i.tar")), "tiny")
    assert box.docker("run", "--rm", "tiny", "/bin/sh", "-c", "echo well") == "well"
    box.course("down")
    assert left_behind(box) == before
    box.course("up")
    assert box.docker("images", "-q", "tiny")
    box.course("down", "--purge")
    assert left_behind(box) == before
    assert "engine" not in box.run("ls", f"{box.home}/data")


@pytest.mark.parametrize("kilobytes", [4, 12])  # the first is full before dockerd starts, the second after
def test_disk_that_fills_up_during_the_start(machine: MachineMaker, kilobytes: int) -> None:
    box = machine("unstable")
    box.run("sh", "-c", f"mount -t tmpfs -o size={kilobytes}k tmpfs {box.home}/run")
    before = left_behind(box)
    _, err = box.course("up", code=2)
    assert "The disk is full" in err
    assert "no space left on device" in err.lower()
    assert left_behind(box) == before


def test_a_slow_containerd_is_waited_for(machine: MachineMaker) -> None:
    """On a disk busy writing back, containerd can take longer over its database than dockerd gives it."""
    box = machine("unstable")
    box.course("up")
    box.course("down")
    data = Path(f"/proc/{box.pid}/root{box.home}/data")  # a file system that only the machine sees
    (database,) = data.glob("engine/containerd/daemon/io.containerd.metadata*/meta.db")
    with database.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        up = box.popen([*COURSE, "up"])
        assert up.stderr is not None
        noted = next((line for line in up.stderr if "did not come up in time" in line), "")
        fcntl.flock(file, fcntl.LOCK_UN)
    assert "Trying again" in noted
    up.communicate()
    assert up.returncode == 0
    box.course("down")


def test_another_containerd_is_left_alone(
    machine: MachineMaker, unpacked: UnpackedGetter, tmp_path: Path
) -> None:
    """As on a Kubernetes node: dockerd would put its images and containers there."""
    box = machine("unstable")
    script = (
        "mkdir -p /run/theirs /run/containerd; mount -t tmpfs theirs /run/theirs; "
        "setsid containerd --root /run/theirs --state /run/theirs-state </dev/null >/run/theirs.log 2>&1 & "
        "for i in $(seq 100); do ctr version >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1"
    )
    path = unpacked("unstable").search_path()
    box.run("sh", "-c", script, PATH=path)
    before = left_behind(box)
    box.course("up")
    box.docker("import", str(image_tar(tmp_path / "i.tar")), "tiny")
    box.docker("run", "-d", "--init", "--name=one", "tiny", "/bin/sleep", "1000")
    assert box.run("ctr", "namespaces", "list", "-q", PATH=path).split() == []
    assert len(box.named("containerd")) == 2
    box.kill("dockerd")
    box.course("up")
    box.docker("start", "one")
    box.course("down")
    assert left_behind(box) == before


def test_routed_address_ranges_are_avoided(machine: MachineMaker, tmp_path: Path) -> None:
    """A VPN that routes all of Docker's usual ranges: the engine takes others."""
    box = machine("unstable")
    box.run("ip", "link", "add", "vpn", "type", "veth", "peer", "name", "far")
    for link in ("vpn", "far"):
        box.run("ip", "link", "set", link, "up")
    box.run("ip", "address", "add", "10.201.0.1/24", "dev", "vpn")
    for routed in ("172.16.0.0/12", "192.168.0.0/16"):
        box.run("ip", "route", "add", routed, "dev", "vpn")
    box.course("up")
    box.docker("network", "create", "more")
    for network in ("bridge", "more"):
        subnet = box.docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", network)
        assert re.match(r"10\.20[2-9]\.\d+\.0/24$", subnet)
    box.course("down")
    assert box.links() == ["far", "lo", "vpn"]


@contextmanager
def web(folder: Path) -> Iterator[str]:
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/debian"
        finally:
            server.shutdown()
            thread.join()


TAMPERED = {
    "list of hashes": (b"MD5Sum:", b"MD5sum:", "signature"),
    "packages": (b"", b"", "not what Debian signed"),
}


@pytest.mark.parametrize("what", list(TAMPERED))
def test_a_tampering_mirror_is_refused(
    unpacked: UnpackedGetter, engine_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Debian's own signed InRelease, then a byte changed; and packages lists that it doesn't vouch for."""
    unpacked("trixie")
    signed = next((engine_cache / "engine/.apt-trixie/lists").glob("*_InRelease"), None)
    if signed is None:
        pytest.skip("the cache was filled by other means than apt")
    suite = tmp_path / "debian/dists/trixie"
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    (suite / f"main/binary-{architecture}").mkdir(parents=True)
    old, new, words = TAMPERED[what]
    (suite / "InRelease").write_bytes(signed.read_bytes().replace(old, new, 1))
    for suffix in (".xz", ".gz", ""):
        (suite / f"main/binary-{architecture}/Packages{suffix}").write_bytes(b"Package: evil\n")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_ENGINE_SUITE", "trixie")
    with web(tmp_path) as mirror:
        monkeypatch.setenv("COURSE_ENGINE_MIRROR", mirror)
        with pytest.raises(PackageError, match=words) as caught:
            packages.ensure()
    assert caught.value.hint
    assert caught.value.detail
    assert packages.cached() is None


def chains(box: Sandbox) -> list[str]:
    return [line for line in box.rules()["iptables"] if line.startswith(":DOCKER")]

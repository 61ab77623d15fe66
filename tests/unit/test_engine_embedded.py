"""The parts of the embedded engine that can be told without starting one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course.engine.embedded import before, cgroups, firewall, mounts
from course.engine.embedded.configuration import DEFAULT_POOLS, address_pools, configuration
from course.engine.embedded.diagnosis import last_lines, start_failure
from course.engine.embedded.layout import Layout
from course.engine.embedded.links import Network, routes
from course.engine.embedded.machine import options
from course.engine.embedded.packages import Unpacked
from course.engine.embedded.processes import containerd, daemon, ours, running
from course.errors import EngineStartFailed

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
EVERYTHING = Network("0.0.0.0/1"), Network("128.0.0.0/1")


def at(folder: Path) -> Layout:
    return Layout(folder / "cache", folder / "run", folder / "data", folder / "log")


SYSTEMS = [
    ("darwin", False, False, ("macOS", "Docker Desktop", "Colima")),
    ("win32", False, False, ("Windows", "Docker Desktop", "WSL")),
    ("freebsd14", True, False, ("freebsd14", "DOCKER_HOST")),
    ("linux", True, False, ("no apt", "docs.docker.com/engine/install")),
    ("linux", False, False, ("no apt", "docs.docker.com/engine/install")),
    ("linux", False, True, ("root", "sudo", "rootless", "DOCKER_HOST")),
]


@pytest.mark.parametrize(("system", "root", "debian", "words"), SYSTEMS)
def test_options_where_none_can_be_started(
    system: str, root: bool, debian: bool, words: tuple[str, ...]
) -> None:
    told = options(system, root=root, debian=debian)
    assert told is not None
    assert all(word in " ".join(told) for word in words)


def test_root_on_debian_can() -> None:
    assert options("linux", root=True, debian=True) is None


POOLS = [
    ([], []),
    ([Network("192.168.1.0/24"), Network("172.17.0.0/16")], []),  # dockerd itself takes the next free one
    ([Network("172.16.0.0/12")], []),
    ([Network("172.16.0.0/12"), Network("192.168.0.0/16")], ["10.201.0.0/16", "10.202.0.0/16"]),
    (
        [Network("172.16.0.0/12"), Network("192.168.0.0/16"), Network("10.0.0.0/8")],
        ["198.18.0.0/16", "198.19.0.0/16"],
    ),
]


@pytest.mark.parametrize(("routed", "want"), POOLS)
def test_address_pools(routed: list[Network], want: list[str]) -> None:
    assert [str(pool) for pool in address_pools(routed)][:2] == want


def test_no_address_left() -> None:
    with pytest.raises(EngineStartFailed, match="VPN"):
        address_pools(list(EVERYTHING))


def test_default_pools_are_dockers() -> None:
    assert [str(DEFAULT_POOLS[i]) for i in (0, 14, 15, -1)] == [
        *("172.17.0.0/16", "172.31.0.0/16", "192.168.0.0/20", "192.168.240.0/20"),
    ]


def test_routes_are_read_without_the_default_one(tmp_path: Path) -> None:
    table = tmp_path / "route"
    table.write_text(
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
        "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    assert [str(network) for network in routes(table)] == ["172.17.0.0/16", "192.0.2.0/24"]


def test_configuration_names_the_store_so_that_it_never_falls_back(tmp_path: Path) -> None:
    new = configuration(at(tmp_path), Unpacked(tmp_path, "unstable", "28.5.2"), [])
    old = configuration(at(tmp_path), Unpacked(tmp_path, "trixie", "26.1.5"), [])
    assert new["features"] == {"containerd-snapshotter": True}
    assert old["storage-driver"] == "overlay2"
    assert "features" not in old
    assert "init-path" not in old  # there is none in that folder
    for each in (new, old):
        assert json.loads(json.dumps(each))["hosts"] == [f"unix://{tmp_path}/run/docker.sock"]


NETWORK = "failed to start daemon: Error initializing network controller"
BRIDGE = f'{NETWORK}: error creating default "bridge" network'
LOGS = [
    ("failed to start daemon: mkdir /x: no space left on device", "disk is full"),
    (f"{NETWORK}: failed to create NAT chain DOCKER: "
     'Iptables not found: exec: "iptables": executable file not found', "iptables is missing"),
    (f"{NETWORK}: failed to create NAT chain DOCKER: iptables failed: iptables -t nat -N DOCKER: "
     "iptables v1.8.9: can't initialize iptables table `nat': Table does not exist", "kernel modules"),
    (f"{BRIDGE}: all predefined address pools have been fully subnetted", "No address range"),
    (f"{BRIDGE}: existing interface docker0 is not a bridge", "docker0"),
    ("failed to load listeners: listen unix /run/x.sock: bind: address already in use", "is taken"),
    ("failed to start daemon: Devices cgroup isn't mounted", "cgroup"),
    ("failed to start daemon: error initializing graphdriver: overlay2: driver not supported", "overlay"),
    ('failed to start containerd: timeout waiting for containerd to start', "containerd"),
    ("failed to start daemon: unshare: operation not permitted", "privileges"),
    ("failed to start daemon: never seen before", "did not come up"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "words"), LOGS)
def test_the_log_tells_the_cause(tmp_path: Path, line: str, words: str) -> None:
    log = tmp_path / "log"
    older = "failed to start daemon: no space left on device\n" * 3
    info = 'time="2026-01-01T00:00:00Z" level=info msg="cgroups: not mounted, overlay not supported"\n'
    log.write_text(f"{older}{info}{line}\n")
    error = start_failure(log, len(older))
    assert words in str(error)
    assert line in error.detail
    assert error.hint


def test_a_missing_log_is_no_second_error(tmp_path: Path) -> None:
    assert start_failure(tmp_path / "none", 0).detail == ""


def test_last_lines_drop_chatter_and_times() -> None:
    noise = 'time="t" level=info msg="loading plugin"\n' * 50
    assert last_lines(f'{noise}time="t" level=warning msg="x"\nfailed\n') == 'level=warning msg="x"\nfailed'
    assert last_lines(noise).count("\n") == 11


BEFORE = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
-A FORWARD -i virbr0 -j ACCEPT
-A INPUT -s 172.17.0.9/32 -j DROP
COMMIT
"""
ENGINE = """\
*filter
:INPUT ACCEPT [9:9]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i virbr0 -j ACCEPT
-A INPUT -s 172.17.0.9/32 -j DROP
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -j ACCEPT
COMMIT
*nat
:DOCKER - [0:0]
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A POSTROUTING -s 10.8.0.0/24 -o eth0 -j MASQUERADE
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
COMMIT
*raw
-A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 32768 -j DROP
COMMIT
"""


def test_firewall_takes_away_what_the_engine_added_and_no_more() -> None:
    script = firewall.undo(firewall.parse(BEFORE), firewall.parse(ENGINE))
    assert script.splitlines() == [
        "*filter",
        "-D FORWARD -j DOCKER-USER",
        "-D FORWARD -o docker0 -j DOCKER",
        "-F DOCKER",
        "-F DOCKER-USER",
        "-X DOCKER",
        "-X DOCKER-USER",
        "-P FORWARD ACCEPT",
        "COMMIT",
        "*nat",
        "-D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
        "-D POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
        "-D OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
        "-F DOCKER",
        "-X DOCKER",
        "COMMIT",
        "*raw",
        "-D PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 32768 -j DROP",
        "COMMIT",
    ]


def test_firewall_leaves_what_was_there() -> None:
    """A stopped engine's leftovers, and a policy that somebody else had set."""
    assert firewall.undo(firewall.parse(ENGINE), firewall.parse(ENGINE)) == ""
    assert firewall.undo(firewall.parse(BEFORE), firewall.parse(BEFORE)) == ""


@linux
def test_a_record_counts_for_one_boot_only(tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    before.remember(file, tmp_path)
    first = before.recall(file)
    assert first is not None
    before.remember(file, tmp_path)
    assert before.recall(file) == first
    file.write_text(file.read_text().replace('"epoch": "', '"epoch": "another '))
    assert before.recall(file) is None
    assert before.put_back(file) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"epoch": 1}'])
def test_a_broken_record_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "before.json"
    file.write_text(text)
    assert before.recall(file) is None


@linux
def test_processes_are_told_by_their_paths(tmp_path: Path) -> None:
    """A dockerd of another configuration, and a program that merely mentions ours, are not ours."""
    where = at(tmp_path)
    program = tmp_path / "dockerd"
    program.symlink_to("/bin/sh")
    mine = [str(program), "-c", "read line; exit", "x", str(where.config)]
    commands = {
        "ours": mine,
        "other": [*mine[:-1], "/etc/docker/daemon.json"],
        "editor": ["/bin/sh", *mine[1:]],
    }
    started = {name: subprocess.Popen(command, stdin=subprocess.PIPE) for name, command in commands.items()}
    try:
        assert daemon(where) == started["ours"].pid
        assert ours(where) == [started["ours"].pid]
        assert containerd(where) is None
    finally:
        for process in started.values():
            process.communicate(b"\n")
    assert daemon(where) is None
    assert not running(started["ours"].pid)


@linux
def test_a_zombie_does_not_run() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{process.pid}").exists()
    assert not running(process.pid)
    process.wait()


def test_mounts_are_parsed() -> None:
    text = (
        "22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n"
        r"30 22 0:5 /a/b /mnt/with\040space rw - tmpfs tmpfs rw"
        "\n"
    )
    assert mounts.mounts(text) == [
        mounts.Mount(Path("/"), "ext4"),
        mounts.Mount(Path("/mnt/with space"), "tmpfs"),
    ]


@linux
def test_file_system_of_proc() -> None:
    assert mounts.file_system(Path("/proc/self")) == "proc"


def test_no_room_is_made_where_there_is_no_cgroup_v2(tmp_path: Path) -> None:
    assert not cgroups.make_room(tmp_path)


def test_importable_where_fcntl_is_missing() -> None:
    """On Windows the command line must come far enough to say what the options are."""
    line = (
        "import sys; sys.modules['fcntl'] = None; import course.cli.commands.up, course.cli.commands.doctor"
    )
    subprocess.run([sys.executable, "-c", line], check=True)

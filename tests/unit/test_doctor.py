"""The doctor's checks, each both ways: all is well, and what is said if not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from course.cli.commands.doctor import command
from course.doctor import Check, Diagnosis, machine
from course.doctor import engine as checks
from course.engine.address import Address
from course.engine.describe import parse
from course.errors import EngineDenied, NoEngine

HERE = Address("unix:///var/run/docker.sock", "socket", "Docker Engine")
BOTH = json.loads((Path(__file__).parent / "engines/28.5-containerd.json").read_text())
GOOD = parse(BOTH["info"], BOTH["version"], HERE)


@pytest.mark.parametrize(
    ("version", "ok"),
    [("28.5.2", True), ("20.10.24+dfsg1", True), ("dev", True), ("19.03.15", False), ("1.13.1", False)],
)
def test_version(version: str, ok: bool) -> None:
    check = checks.reachable(replace(GOOD, version=version), HERE)
    assert check.ok is ok
    assert bool(check.hint) is not ok


def test_podman_is_welcome_with_a_word() -> None:
    check = checks.reachable(replace(GOOD, is_podman=True, version="5.4.0"), HERE)
    assert check.ok
    assert "BuildKit" in check.message
    assert check.hint


@pytest.mark.parametrize(("version", "ok"), [("1.51", True), ("1.41", True), ("1.40", False), ("", False)])
def test_api(version: str, ok: bool) -> None:
    check = checks.api(replace(GOOD, api_version=version))
    assert (check.ok, bool(check.hint)) == (ok, not ok)


@pytest.mark.parametrize(
    ("store", "ok", "words"),
    [("containerd", True, "containerd"), ("overlay2", True, "multi-platform"), ("vfs", False, "full copy")],
)
def test_store(store: str, ok: bool, words: str) -> None:
    check = checks.store(replace(GOOD, store=store))
    assert (check.ok, bool(check.hint)) == (ok, not ok)
    assert words in check.message


@pytest.mark.parametrize(
    ("rootless", "version", "driver", "ok"),
    [
        (False, "1", "cgroupfs", True),
        (True, "2", "systemd", True),
        (True, "1", "cgroupfs", False),
        (True, "2", "none", False),
    ],
)
def test_cgroup(rootless: bool, version: str, driver: str, ok: bool) -> None:
    engine = replace(GOOD, rootless=rootless, cgroup_version=version, cgroup_driver=driver)
    check = checks.cgroup(engine)
    assert (check.ok, bool(check.hint)) == (ok, not ok)
    assert check.ok or check.advisory


@pytest.mark.parametrize(("memory", "ok"), [(8_000_000_000, True), (1_000_000_000, False)])
def test_memory(memory: int, ok: bool) -> None:
    check = checks.memory(replace(GOOD, memory=memory))
    assert (check.ok, bool(check.hint), check.value) == (ok, not ok, memory)


@pytest.mark.parametrize(
    ("free", "ok", "hint"),
    [(50_000_000_000, True, False), (5_000_000_000, True, True), (1_000_000_000, False, True)],
)
def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, ok: bool, hint: bool) -> None:
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    check = checks.disk(replace(GOOD, root=str(tmp_path)), HERE)
    assert (check.ok, bool(check.hint), check.value) == (ok, hint, free)


@pytest.mark.parametrize(
    ("change", "address"),
    [
        ({"root": "/no/such/folder"}, HERE),
        ({"is_desktop": True}, HERE),
        ({}, Address("tcp://far:2375", "DOCKER_HOST")),
    ],
)
def test_a_disk_elsewhere_is_not_guessed(tmp_path: Path, change: dict[str, str], address: Address) -> None:
    check = checks.disk(replace(GOOD, **({"root": str(tmp_path)} | change)), address)
    assert check.ok
    assert check.value is None


def test_no_engine_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    denied = checks.no_engine(EngineDenied("no", hint="join the group"))
    assert (denied.ok, denied.hint) == (False, "join the group")
    lost = checks.no_engine(NoEngine("none", hint="unset DOCKER_HOST"))
    assert (lost.ok, lost.hint) == (False, "unset DOCKER_HOST")


def test_gateway_to_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    check = checks.gateway(Address(f"unix://{tmp_path}/none", "socket"))
    assert not check.ok
    assert check.hint


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "new"))
    assert machine.folders().ok
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "file"))
    check = machine.folders()
    assert not check.ok
    assert "COURSE_HOME" in check.hint


@pytest.mark.parametrize(
    ("ask", "says", "ok"),
    [
        (machine.compose, "echo 2.40.3", True),
        (machine.compose, "echo v5.0.0", True),
        (machine.compose, "echo 1.29.2", False),
        (machine.compose, "exit 1", False),
        (machine.compose, "echo what", False),
        (machine.buildx, "echo github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3", True),
        (machine.buildx, "echo github.com/docker/buildx v0.29.1 abc123", True),
        (machine.buildx, "echo github.com/docker/buildx v0.12.0 abc123", False),
        (machine.buildx, "echo what", False),
        (machine.buildx, "exit 1", False),
    ],
)
def test_plugins(tmp_path: Path, ask: Callable[[dict[str, str]], Check], says: str, ok: bool) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\n{says}\n")
    docker.chmod(0o755)
    check = ask({"PATH": str(tmp_path)})
    assert (check.ok, bool(check.hint)) == (ok, not ok)


def test_a_missing_program() -> None:
    check = machine.tool("docker", ["docker", "--version"], {"PATH": "/nowhere"})
    assert not check.ok
    assert "`docker`" in check.message
    assert check.hint


def test_advice_does_not_decide() -> None:
    good, bad = Check("a", ok=True, message="a"), Check("b", ok=False, message="b")
    advice = Check("c", ok=False, message="c", advisory=True)
    assert Diagnosis(None, (good, advice)).ok
    assert not Diagnosis(None, (good, bad)).ok


def test_command_without_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    run = CliRunner().invoke(command, ["--json"], standalone_mode=False)
    told = json.loads(run.stdout)
    assert run.return_value == 2
    assert told["ok"] is False
    assert told["engine"] is None
    engine = next(check for check in told["checks"] if check["id"] == "engine")
    assert {"id", "ok", "message", "hint"} <= engine.keys()
    assert "DOCKER_HOST" in engine["message"]
    text = CliRunner().invoke(command, [], standalone_mode=False)
    assert text.return_value == 2
    assert "unset DOCKER_HOST" in " ".join(text.stdout.split())

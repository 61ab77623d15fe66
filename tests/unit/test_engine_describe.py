"""Engines as they describe themselves. The files were recorded from real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from course.engine.address import Address
from course.engine.describe import parse, version_number
from course.paths import paths

RECORDED = Path(__file__).parent / "engines"
HERE = Address("unix:///var/run/docker.sock", "socket", "Docker Engine")


def recorded(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    both = json.loads((RECORDED / f"{name}.json").read_text())
    return both["info"], both["version"]


@pytest.mark.parametrize(
    ("name", "number", "api", "store"),
    [
        ("20.10-overlay2", (20, 10), "1.41", "overlay2"),
        ("26.1-overlay2", (26, 1), "1.45", "overlay2"),
        ("28.5-containerd", (28, 5), "1.51", "containerd"),
    ],
)
def test_recorded_engines(name: str, number: tuple[int, int], api: str, store: str) -> None:
    engine = parse(*recorded(name), HERE)
    assert (engine.number, engine.api_version, engine.store) == (number, api, store)
    assert (engine.os, engine.arch, engine.cgroup_version, engine.cgroup_driver) == (
        *("linux", "amd64", "1", "cgroupfs"),
    )
    assert engine.memory > 1e9
    assert engine.cpus >= 1
    assert engine.root == "/var/lib/docker"
    assert not any([engine.rootless, engine.embedded, engine.is_podman, engine.is_desktop])
    assert json.loads(json.dumps(engine.to_json()))["store"] == store


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}, "rootless"),
        ({"OperatingSystem": "Docker Desktop"}, "is_desktop"),
        ({"Name": "docker-desktop"}, "is_desktop"),
    ],
)
def test_kinds_told_by_info(change: dict[str, Any], field: str) -> None:
    info, version = recorded("28.5-containerd")
    assert not getattr(parse(info, version, HERE), field)
    assert getattr(parse(info | change, version, HERE), field)


def test_podman_is_told_by_its_component() -> None:
    info, version = recorded("28.5-containerd")
    assert parse(
        info, version | {"Components": [{"Name": "Podman Engine", "Version": "5.4.0"}]}, HERE
    ).is_podman


def test_embedded_is_told_by_its_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    info, version = recorded("28.5-containerd")
    socket = f"unix://{paths().run}/docker.sock"
    assert parse(info, version, Address(socket, "DOCKER_HOST")).embedded
    assert not parse(info, version, HERE).embedded


def test_an_engine_that_says_almost_nothing() -> None:
    engine = parse({"DriverStatus": None, "SecurityOptions": None}, {"Components": None}, HERE)
    assert (engine.version, engine.store, engine.number, engine.memory) == ("", "", (0, 0), 0)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("28.5.2+dfsg4", (28, 5)), ("v2.40.3-3", (2, 40)), ("1.41", (1, 41)), ("2.36", (2, 36))),
        *(("dev", (0, 0)), ("", (0, 0)), ("master-abc.1", (0, 0))),
    ],
)
def test_version_number(text: str, number: tuple[int, int]) -> None:
    assert version_number(text) == number

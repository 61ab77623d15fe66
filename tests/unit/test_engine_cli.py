"""The docker CLI and its plugins: the host's where they are all there, else the unpacked ones."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from course.engine.address import Address
from course.engine.embedded import cli
from course.engine.embedded.cli import cli_environment, ensure_cli, missing
from course.errors import PackageError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the folders are Unix's")
HERE = Address("unix:///run/docker.sock", "socket", "Docker Engine")


def program(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no docker CLI at all."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COURSE_ENGINE_SUITE", raising=False)
    monkeypatch.setattr(cli, "_SYSTEM_FOLDERS", (str(tmp_path / "system"),))
    return tmp_path


def unpack(host: Path, name: str = "unstable-28.5.2") -> Path:
    root = host / "home/cache/engine" / name
    program(root / "usr/bin/docker")
    for plugin in cli.PLUGINS:
        program(root / "usr/libexec/docker/cli-plugins" / plugin)
    return root


def test_nothing_anywhere(host: Path) -> None:
    assert missing() == ["docker", "docker-buildx", "docker-compose"]
    assert cli_environment(HERE) == {"DOCKER_HOST": HERE.url}


@pytest.mark.parametrize("where", ["system", "docker/cli-plugins", "extra"])
def test_a_complete_host_is_left_alone(host: Path, where: str) -> None:
    unpack(host)
    program(host / "bin/docker")
    for plugin in cli.PLUGINS:
        program(host / where / plugin)
    (host / "docker").mkdir(exist_ok=True)
    (host / "docker/config.json").write_text(json.dumps({"cliPluginsExtraDirs": [str(host / "extra")]}))
    assert missing() == []
    assert cli_environment(HERE) == {"DOCKER_HOST": HERE.url}


@pytest.mark.parametrize("kind", ["unstable-28.5.2", "tools-unstable-28.5.2"])
def test_a_missing_plugin_comes_from_the_cache(host: Path, kind: str) -> None:
    program(host / "bin/docker")
    assert missing() == ["docker-buildx", "docker-compose"]
    root = unpack(host, kind)
    assert missing() == []
    env = cli_environment(HERE)
    assert env["PATH"].split(os.pathsep)[:2] == [str(root / "usr/sbin"), str(root / "usr/bin")]
    assert str(host / "bin") in env["PATH"].split(os.pathsep)
    config = json.loads((Path(env["DOCKER_CONFIG"]) / "config.json").read_text())
    assert config == {"cliPluginsExtraDirs": [str(root / "usr/libexec/docker/cli-plugins")]}


def test_the_users_logins_come_along_and_stay_private(host: Path) -> None:
    root = unpack(host)
    (host / "docker").mkdir()
    theirs = {"auths": {"r": {"auth": "eA=="}}, "currentContext": "far", "cliPluginsExtraDirs": ["/theirs"]}
    (host / "docker/config.json").write_text(json.dumps(theirs))
    file = Path(cli_environment(HERE)["DOCKER_CONFIG"]) / "config.json"
    ours = json.loads(file.read_text())
    assert ours["auths"] == theirs["auths"]
    assert ours["cliPluginsExtraDirs"] == ["/theirs", str(root / "usr/libexec/docker/cli-plugins")]
    assert "currentContext" not in ours
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads((host / "docker/config.json").read_text()) == theirs


def test_an_inner_call_adds_nothing(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under an environment that is ours already, all is found."""
    unpack(host)
    for name, value in cli_environment(HERE).items():
        monkeypatch.setenv(name, value)
    assert missing() == []
    assert cli_environment(HERE) == {"DOCKER_HOST": HERE.url}


def test_debian_12s_engine_has_no_plugins(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_ENGINE_SUITE", "bookworm")
    program(host / "home/cache/engine/bookworm-20.10.24/usr/bin/docker")
    assert missing() == ["docker", "docker-buildx", "docker-compose"]


def test_tls_reaches_the_cli(host: Path) -> None:
    env = cli_environment(Address("tcp://far:2376", "context", "far", "/certs"))
    assert env == {
        "DOCKER_HOST": "tcp://far:2376",
        "DOCKER_TLS": "1",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": "/certs",
    }


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_elsewhere_the_remedy_is_named(host: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(cli.shutil, "which", lambda *_, **__: None)  # the real one asks Windows itself
    monkeypatch.setattr(cli.sys, "platform", system)
    with pytest.raises(PackageError, match="docker-compose") as caught:
        ensure_cli()
    assert "Docker Desktop" in caught.value.hint

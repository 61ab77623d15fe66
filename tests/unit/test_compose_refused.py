"""What a check doesn't carry out of a Compose project, without an engine: paths that lead out, and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checkers.compose import reach
from checkers.compose.durations import seconds, written
from checkers.compose.images import Image
from checkers.compose.reach import NoProject, Refused
from checkers.compose.refused import refusals
from checkers.compose.tamed import health_check, published
from checkers.compose.volumes import nameless
from checkers.limits import DEFAULT

OUT = {
    "include": "include: [../other.yaml]",
    "include, absolute": "include:\n  - path: /etc/compose.yaml",
    "include, several": "include:\n  - path: [a.yaml, ../b.yaml]",
    "include by a merge": "x-a: &a {path: /etc/passwd}\ninclude:\n  - {<<: *a}",
    "include from the net": "include: ['https://example.org/compose.yaml']",
    "extends": "services: {a: {extends: {file: ../../a.yaml, service: b}}}",
    "env_file": "services: {a: {image: b, env_file: /etc/passwd}}",
    "env_file, long": "services: {a: {image: b, env_file: [{path: ../x, required: false}]}}",
    "env_file by an anchor": "x-a: &a {env_file: ../x}\nservices: {a: {<<: *a, image: b}}",
    "a secret": "secrets: {a: {file: ~/.ssh/id_ed25519}}",
    "a config": "configs: {a: {file: /etc/shadow}}",
    "a variable in a path": "secrets: {a: {file: './${X}'}}",
    "labels": "services: {a: {image: b, label_file: ../x}}",
}


@pytest.mark.parametrize("name", OUT)
def test_nothing_outside_the_folder_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "compose.yaml").write_text(OUT[name])
    with pytest.raises(Refused) as caught:
        reach.check(tmp_path)
    assert caught.value.hint
    assert caught.value.file == "compose.yaml"


def test_a_file_that_is_included_is_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("include: [sub/more.yaml]")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/more.yaml").write_text("services:\n  a:\n    image: b\n    env_file: ../../x\n")
    with pytest.raises(Refused) as caught:
        reach.check(tmp_path)
    assert (caught.value.file, caught.value.line) == ("sub/more.yaml", 4)


def test_what_is_inside_may_be_read(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services: {a: {image: !reset b, env_file: [a.env]}}\nsecrets: {s: {file: ./pw}}\n"
        "configs: {c: {file: sub/../c.conf}}"
    )
    (tmp_path / "pw").write_text("{not: [yaml")
    (tmp_path / "compose.override.yaml").write_text("services: {a: {env_file: b.env}}")
    reach.check(tmp_path)
    assert [one.name for one in reach.compose_files(tmp_path)] == ["compose.yaml", "compose.override.yaml"]


def test_no_file_and_no_yaml(tmp_path: Path) -> None:
    with pytest.raises(NoProject, match=r"no compose\.yaml"):
        reach.check(tmp_path)
    (tmp_path / "compose.yml").write_text("services:\n\tweb: {}\n")
    with pytest.raises(NoProject) as caught:
        reach.check(tmp_path)
    assert (caught.value.file, caught.value.line) == ("compose.yml", 2)


def test_the_file_that_env_names(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("COMPOSE_FILE=one.yaml:../two.yaml\n")
    with pytest.raises(Refused, match="leads out"):
        reach.check(tmp_path)


HOSTILE: dict[str, dict[str, Any]] = {
    "privileged": {"privileged": True},
    "cap_add": {"cap_add": ["SYS_ADMIN"]},
    "devices": {"devices": [{"source": "/dev/sda"}]},
    "security_opt": {"security_opt": ["seccomp:unconfined"]},
    "network_mode": {"network_mode": "host"},
    "another's network": {"network_mode": "container:other"},
    "pid": {"pid": "host"},
    "ipc": {"ipc": "host"},
    "userns_mode": {"userns_mode": "host"},
    "uts": {"uts": "host"},
    "cgroup": {"cgroup": "host"},
    "cgroup_parent": {"cgroup_parent": "/"},
    "socket": {"use_api_socket": True},
    "a program of the host": {"provider": {"type": "/bin/sh"}},
    "a key of tomorrow": {"tomorrow": 1},
    "privileged hook": {"post_start": [{"command": ["true"], "privileged": True}]},
    "root": {"volumes": [{"type": "bind", "source": "/", "target": "/host"}]},
    "engine's socket": {
        "volumes": [{"type": "bind", "source": "/var/run/docker.sock", "target": "/var/run/docker.sock"}]
    },
    "others' files": {"volumes_from": ["container:other"]},
    "build context": {"build": {"context": "/etc"}},
    "remote context": {"build": {"context": "https://example.org/a.git"}},
    "build mounts": {"build": {"context": "HERE", "ssh": ["default"]}},
    "too many": {"scale": 1000},
    "too many, deploy": {"deploy": {"replicas": 100}},
    "sysctls": {"sysctls": {"kernel.shmmax": 1}},
}


def said(config: dict[str, Any], folder: Path) -> list[str]:
    return [one.message for one in refusals(config, folder, DEFAULT)]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_services_are_refused(tmp_path: Path, name: str) -> None:
    service = {"image": "busybox:1.37", **HOSTILE[name]}
    if "build" in service and service["build"]["context"] == "HERE":
        service["build"]["context"] = str(tmp_path)
    (message, *_) = said({"services": {"a": service}}, tmp_path)
    assert message.startswith("services.a")
    assert "isn't carried out by a check: " in message


@pytest.mark.parametrize(
    "more",
    [
        {"networks": {"n": {"external": True, "name": "others"}}},
        {"volumes": {"v": {"external": True, "name": "others"}}},
        {"networks": {"n": {"driver": "macvlan"}}},
        {"volumes": {"v": {"driver_opts": {"type": "none", "o": "bind", "device": "/"}}}},
        {"networks": {"n": {"ipam": {"config": [{"subnet": "10.0.0.0/8"}]}}}},
        {"secrets": {"s": {"file": "/etc/shadow"}}},
        {"models": {"m": {"model": "x"}}},
    ],
)
def test_what_is_shared_with_others_is_refused(tmp_path: Path, more: dict[str, Any]) -> None:
    assert said({"services": {"a": {"image": "b"}}, **more}, tmp_path)


def test_what_is_usual_is_carried_out(tmp_path: Path) -> None:
    service = {
        "image": "b",
        "privileged": False,
        "cap_drop": ["ALL"],
        "cap_add": ["NET_BIND_SERVICE"],
        "security_opt": ["no-new-privileges:true"],
        "volumes": [{"type": "bind", "source": str(tmp_path / "data"), "target": "/data"}],
        "network_mode": "service:other",
        "container_name": "fixed",
        "ports": [{"target": 80, "published": "80"}],
        "x-own": 1,
    }
    config = {"name": "n", "services": {"a": service, "other": {"image": "b"}}, "x-more": {"a": 1}}
    assert said(config, tmp_path) == []
    assert [str(one) for one in published(config)] == ["0.0.0.0:80 → a:80"]


def test_a_link_out_of_the_folder_is_outside(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/etc")
    mount = {"type": "bind", "source": str(tmp_path / "out"), "target": "/x"}
    assert said({"services": {"a": {"image": "b", "volumes": [mount]}}}, tmp_path)


def test_durations() -> None:
    assert [seconds(one) for one in ("30s", "1m10s", "500ms", "1h0m1.5s", "")] == [30, 70, 0.5, 3601.5, 0]
    assert written(0.5) == "500ms"


def test_volumes_without_a_name() -> None:
    image = Image("b", False, {"Volumes": {"/data": {}, "/more/": {}}})
    mounts = [
        {"type": "volume", "source": "v", "target": "/data"},
        {"type": "volume", "target": "/own"},
    ]
    assert nameless({"volumes": mounts}, image) == ["/own", "/more/"]


LEARNERS = {"test": ["CMD", "true"], "interval": "4s", "timeout": "1s", "retries": 5}


def test_a_health_check_may_take_as_long_as_before_until_it_succeeds() -> None:
    image = Image("a", built=True, config={})
    found = health_check({"healthcheck": LEARNERS}, image, new=True)
    assert found == {
        "test": ["CMD", "true"],
        "start_period": "20000ms",
        "start_interval": "500ms",
        "interval": "2000ms",
        "timeout": "1000ms",
        "retries": 5,
    }
    old = health_check({"healthcheck": LEARNERS}, image, new=False)
    assert (old["interval"], old["retries"], old.get("start_period")) == ("500ms", 40, None)


def test_a_health_check_of_the_image_has_docker_s_own_times() -> None:
    image = Image("a", built=True, config={"Healthcheck": {"Test": ["CMD", "true"], "StartPeriod": 10**9}})
    found = health_check({}, image, new=True)
    assert (found["start_period"], found["timeout"], found["retries"]) == ("91000ms", "30000ms", 3)
    assert "test" not in found
    assert health_check({"healthcheck": {"disable": True}}, image, new=True) == {"disable": True}
    assert health_check({}, Image("a", built=True, config={}), new=True) == {}

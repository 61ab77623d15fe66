"""References: which registry one names, where a mirror keeps it, how engines write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.errors import StandInFailed
from course.images import debs, wheels
from course.images.pull import mirror, mirror_names, registry_of
from course.images.standins import upstream_version
from course.images.status import familiar


@pytest.mark.parametrize(
    ("name", "registry"),
    [
        ("python:3.13-slim", "Docker Hub"),
        ("library/python:3.13-slim", "Docker Hub"),
        ("grafana/grafana:12", "Docker Hub"),
        ("gcr.io/distroless/static-debian13:nonroot", "gcr.io"),
        ("localhost/own:1", "localhost"),
        ("registry:2", "Docker Hub"),
        ("mirror:5000/own:1", "mirror:5000"),
    ],
)
def test_the_registry_that_a_name_names(name: str, registry: str) -> None:
    assert registry_of(name) == registry


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("python:3.13-slim", ("m:5000/library/python:3.13-slim", "m:5000/python:3.13-slim")),
        ("grafana/grafana:12", ("m:5000/grafana/grafana:12",)),
        ("gcr.io/distroless/base:1", ("m:5000/gcr.io/distroless/base:1", "m:5000/distroless/base:1")),
    ],
)
def test_where_a_mirror_may_keep_a_name(name: str, places: tuple[str, ...]) -> None:
    assert mirror_names(name, "m:5000") == places


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("", ""),
        ("localhost:5000", "localhost:5000"),
        ("https://mirror.lan/hub/", "mirror.lan/hub"),
        ("http://10.0.0.2:5000", "10.0.0.2:5000"),
    ],
)
def test_a_mirror_may_be_given_as_an_address(value: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_REGISTRY", value)
    assert mirror() == place


@pytest.mark.parametrize(
    ("tag", "short"),
    [
        ("docker.io/library/busybox:1.37", "busybox:1.37"),  # Podman
        ("docker.io/grafana/grafana:12", "grafana/grafana:12"),
        ("busybox:1.37", "busybox:1.37"),
        ("gcr.io/distroless/base:1", "gcr.io/distroless/base:1"),
    ],
)
def test_engines_write_one_name_in_several_ways(tag: str, short: str) -> None:
    assert familiar(tag) == short


@pytest.mark.parametrize(
    ("debian", "upstream"),
    [
        ("3.13.5-2+deb13u5", "3.13.5"),
        ("5:8.0.2-3+deb13u3", "8.0.2"),
        ("1.26.3-3+deb13u11", "1.26.3"),
        ("2.8.3+ds1-2+b8", "2.8.3"),
        ("17.12-0+deb13u1", "17.12"),
        ("1.2.5-3.1~deb13u1", "1.2.5"),
        ("1.0~rc1", "1.0"),
    ],
)
def test_the_upstream_version_in_a_debian_one(debian: str, upstream: str) -> None:
    assert upstream_version(debian) == upstream


@pytest.mark.parametrize(
    ("uris", "found"),
    [
        ([], "http://deb.debian.org/debian-security"),
        (["http://deb.debian.org/debian"], "http://deb.debian.org/debian-security"),
        (
            ["http://mirror.lan/debian", "http://mirror.lan/debian-security/"],
            "http://mirror.lan/debian-security",
        ),
        (["http://security.debian.org"], "http://security.debian.org"),
        (["http://security.ubuntu.com/ubuntu"], "http://deb.debian.org/debian-security"),
        # A password must not get into an image.
        (["https://me:secret@mirror.lan/debian-security"], "http://deb.debian.org/debian-security"),
        (["mirror+file:/etc/apt/mirrors/debian-security"], "http://deb.debian.org/debian-security"),
    ],
)
def test_the_security_mirror_of_a_host(uris: list[str], found: str) -> None:
    assert debs.security_mirror(uris) == found


@pytest.mark.parametrize(
    ("engine", "debian"), [("amd64", "amd64"), ("arm64", "arm64"), ("aarch64", "arm64"), ("x86_64", "amd64")]
)
def test_debian_calls_an_architecture_by_its_own_name(engine: str, debian: str) -> None:
    assert debs.debian_arch(engine) == debian


def test_a_machine_without_apt_is_told_what_else_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StandInFailed) as caught:
        debs.Archive(tmp_path, "amd64")
    assert "course images load" in caught.value.hint


def test_a_wheel_that_was_fetched_before_is_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    there = tmp_path / "manylinux2014_x86_64" / "some-1-py3-none-any.whl"
    there.parent.mkdir()
    there.touch()
    there.with_name("some-0.9-py3-none-any.whl").touch()  # of an earlier pin
    pins = tmp_path / "pins.txt"
    pins.write_text("some==1 --hash=sha256:" + "0" * 64)
    assert wheels.fetch_wheel(pins, "manylinux2014", "amd64", tmp_path) == there
    newer = tmp_path / "newer.txt"
    newer.write_text(pins.read_text().replace("==1", "==2"))
    with pytest.raises(StandInFailed, match="pip could not fetch"):
        wheels.fetch_wheel(newer, "manylinux2014", "amd64", tmp_path)
    with pytest.raises(StandInFailed, match="pip could not fetch") as caught:
        wheels.fetch_wheel(pins, "manylinux2014", "arm64", tmp_path)
    assert "some==1" in caught.value.detail
    with pytest.raises(StandInFailed, match="riscv64"):
        wheels.fetch_wheel(pins, "manylinux2014", "riscv64", tmp_path)

"""The base images do what lessons and exercises rely on. All of it is true of the real images too."""

from __future__ import annotations

import uuid
from pathlib import Path

import docker
import pytest
from docker.errors import APIError, ContainerError

from course import images
from course.build import build
from course.engine.labels import made_image
from tests.engine.base_images import (
    ALPINE,
    BASE,
    BUSYBOX,
    FULL,
    NODE_ALPINE,
    SLIM,
    STATIC,
    file_from,
    need,
    out,
    put,
    running,
    shell,
)

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("name", [image.name for image in images.catalogue()])
def test_a_stand_in_says_what_it_is_and_a_child_is_none(
    client: docker.DockerClient, name: str, tmp_path: Path
) -> None:
    need(client, name)
    if not images.is_stand_in(client, name):
        pytest.skip("the real image is here")
    labels = client.images.get(name).labels
    assert labels["org.opencontainers.image.title"] == f"stand-in for {name}"
    child = f"course-test-{uuid.uuid4().hex[:12]}:1"
    (tmp_path / "Dockerfile").write_text(f"FROM {name}\nLABEL child=yes\n")
    build(client, tmp_path, tag=child, labels=made_image(child))
    try:
        assert not images.is_stand_in(client, child)
    finally:
        client.images.remove(child)


def test_debian_is_debian_13_without_documentation(client: docker.DockerClient) -> None:
    need(client, SLIM)
    with running(client, SLIM, "sleep", "infinity") as box:
        assert "VERSION_CODENAME=trixie" in shell(box, "cat /etc/os-release")[1]
        assert shell(box, "dpkg --audit") == (0, "")
        assert shell(box, "find /usr/share/man /usr/share/doc -type f ! -name copyright | head -1") == (0, "")
        assert shell(box, "ls /usr/share/doc/bash/copyright")[0] == 0
        assert shell(box, "apt-get check")[0] == 0
        # The archive's key is there, and apt is told to trust it for the sources it has.
        assert (
            "Signed-By: /usr/share/keyrings/" in shell(box, "cat /etc/apt/sources.list.d/debian.sources")[1]
        )
        # A cache mount on /var/cache/apt wants this file removed: it must have the name that Dockerfiles use.
        assert shell(box, "ls /etc/apt/apt.conf.d/docker-clean")[0] == 0
        assert shell(box, "find /var/log -type f -size +0")[1] == ""
        assert shell(box, "which curl")[0] != 0
        assert shell(box, "ldd --version | head -1")[1].endswith("2.41")
        assert shell(box, "useradd --create-home --uid 1234 me && id -u me") == (0, "1234")


def test_the_full_debian_has_documentation_and_more_bytes(client: docker.DockerClient) -> None:
    need(client, SLIM, FULL)
    assert out(client, FULL, "sh", "-c", "find /usr/share/man -type f | head -1")
    sizes = {one.name: one.size for one in images.status(client)}
    assert sizes[FULL] > sizes[SLIM] * 1.2


@pytest.mark.parametrize("name", [BUSYBOX, ALPINE])
def test_busybox_makes_users_and_groups(client: docker.DockerClient, name: str) -> None:
    need(client, name)
    script = """
        set -e
        adduser -D -u 1001 -h /srv/bob -s /bin/sh bob; id bob; ls -ld /srv/bob
        addgroup -S -g 555 app; adduser -S -D -H -G app app; id app
        adduser bob app; id -Gn bob
        deluser bob; ! id bob 2>/dev/null; grep -c bob /etc/passwd /etc/group || true
        ! adduser -D -u 1001 -x y 2>/dev/null
        ! adduser -D app 2>/dev/null
        echo done
    """
    said = out(client, name, "sh", "-c", script)
    assert "uid=1001(bob) gid=1001(bob)" in said
    assert "gid=555(app)" in said
    assert "bob app" in said
    assert "/etc/passwd:0" in said
    assert "/etc/group:0" in said
    assert said.endswith("done")


def test_busybox_is_one_static_file_with_many_names(client: docker.DockerClient) -> None:
    need(client, BUSYBOX)
    said = out(
        client, BUSYBOX, "sh", "-c", "ls /bin | wc -l; ls -l /bin/busybox; httpd --help 2>&1 | head -1; id -u"
    )
    many, links, httpd, uid = said.splitlines()
    assert int(many) > 250
    assert int(links.split()[1]) > 250, "the applets are hard links to one file"
    assert "BusyBox v1.37" in httpd
    assert uid == "0"


def test_alpine_has_musl_and_no_apt(client: docker.DockerClient) -> None:
    need(client, ALPINE)
    with running(client, ALPINE, "sleep", "600") as box:
        said = shell(box, "ldd 2>&1 | head -2")[1]
        assert "musl libc" in said
        for absent in ("curl", "bash", "apt-get"):
            assert shell(box, f"which {absent}")[0] != 0
        assert shell(box, "wget --help 2>&1 | head -1")[1].startswith("BusyBox")


def test_a_stand_in_for_alpine_does_not_claim_to_be_alpine(client: docker.DockerClient) -> None:
    need(client, ALPINE)
    if not images.is_stand_in(client, ALPINE):
        pytest.skip("the real image is here")
    said = out(
        client, ALPINE, "sh", "-c", "cat /etc/os-release; ls /etc/alpine-release /sbin/apk 2>&1 || true"
    )
    assert "Stand-in" in said
    assert said.count("No such file") == 2


@pytest.mark.parametrize("name", [ALPINE, NODE_ALPINE])
def test_a_glibc_program_is_not_found_on_musl(client: docker.DockerClient, name: str) -> None:
    need(client, SLIM, name)
    program = file_from(client, SLIM, "/usr/bin/true")
    with running(client, name, "sleep", "600") as box:
        put(box, "/tmp", "glibc-true", program, 0o755)
        code, said = shell(box, "/tmp/glibc-true")
        assert code == 127
        assert "not found" in said


def test_distroless_has_no_shell_and_an_unprivileged_user(client: docker.DockerClient) -> None:
    need(client, STATIC, BASE)
    for name in (STATIC, BASE):
        with pytest.raises(APIError, match=r"executable file not found|no such file"):
            out(client, name, "sh", "-c", "true")
        config = client.images.get(name).attrs["Config"]
        assert config["User"].partition(":")[0] in ("65532", "nonroot")
        assert b"nonroot:x:65532" in file_from(client, name, "/etc/passwd")
        assert len(file_from(client, name, "/etc/ssl/certs/ca-certificates.crt")) > 100_000
        assert file_from(client, name, "/usr/share/zoneinfo/Europe/Berlin").startswith(b"TZif")


@pytest.mark.parametrize(("name", "runs"), [(STATIC, False), (BASE, True)])
def test_a_glibc_program_runs_only_with_glibc(
    client: docker.DockerClient, name: str, runs: bool, tmp_path: Path
) -> None:
    need(client, SLIM, name)
    (tmp_path / "Dockerfile").write_text(
        f'FROM {SLIM} AS tools\nFROM {name}\nCOPY --from=tools /usr/bin/uname /uname\nENTRYPOINT ["/uname"]\n'
    )
    tag = f"course-test-{uuid.uuid4().hex[:12]}:1"
    build(client, tmp_path, tag=tag, labels=made_image(tag))
    try:
        if runs:
            assert out(client, tag) == "Linux"
        else:
            with pytest.raises((APIError, ContainerError), match="no such file or directory"):
                out(client, tag)
    finally:
        client.images.remove(tag, force=True)

"""A learner's script, run whole: docker's real command line works in it, and reaches nothing but its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from checkers.attempt import Attempt
from checkers.limits import DEFAULT, Limits
from checkers.registry.shop import Shop
from checkers.running import WrongAnswer
from checkers.session import Ended, Session
from course.engine.labels import made
from course.engine.listing import list_images
from tests.engine.base_images import BUSYBOX, PYTHON, need, running

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def _images(client: docker.DockerClient) -> None:
    need(client, BUSYBOX, PYTHON)


@pytest.fixture
def attempt(client: docker.DockerClient, tmp_path: Path) -> Iterator[Attempt]:
    (tmp_path / "run.sh").touch()
    with Attempt(client, tmp_path) as entered:
        yield entered


def run(attempt: Attempt, script: str, **more: bool) -> tuple[Session, Ended]:
    (attempt.folder / "run.sh").write_text(script)
    session = Session(attempt, [BUSYBOX], **more)
    return session, session.run("run.sh")


def refusals(attempt: Attempt, script: str) -> list[str]:
    """The options that were refused, in order. The first is what the verdict tells."""
    (attempt.folder / "run.sh").write_text(script)
    session = Session(attempt, [BUSYBOX])
    with pytest.raises(WrongAnswer) as caught:
        session.run("run.sh")
    found = [one.option for one in session.door.refusals]
    assert found[0] in str(caught.value)
    assert session.names_of("containers") == []
    return found


def test_what_docker_prints_has_the_scripts_own_names(attempt: Attempt) -> None:
    _, ended = run(
        attempt,
        f"""
        set -e
        id=$(docker run -d --name store --network "$(docker network create shop)" {BUSYBOX} sleep 60)
        docker inspect --format '{{{{.Name}}}}' store "$id" "${{id:0:12}}"
        docker ps --quiet --no-trunc --filter name=^store$ | grep -x "$id" >/dev/null
        docker ps --filter name=tor --format '{{{{.Names}}}} on {{{{.Networks}}}}'
        docker volume create data
        docker volume ls --quiet
        docker network ls --format '{{{{.Name}}}}'
        docker exec store true
        docker rm --force store store-2 2>&1
        """,
    )
    assert ended.output.split("\n") == [
        *("/store", "/store", "/store", "store on shop", "data", "data", "shop", "store"),
        "Error response from daemon: No such container: store-2",
        "",
    ]
    assert ended.code == 0  # of rm --force, which minds nothing that isn't there


def test_streams_pass_both_ways_and_from_one_docker_into_another(attempt: Attempt) -> None:
    _, ended = run(
        attempt,
        f"""
        set -eo pipefail
        docker run --rm -v one:/data {BUSYBOX} sh -c 'head -c 3000000 /dev/urandom >/data/noise'
        docker run --rm -v one:/data {BUSYBOX} sha256sum /data/noise
        docker run --rm -v one:/data {BUSYBOX} tar c -C /data . |
            docker run -i --rm -v two:/data {BUSYBOX} tar x -C /data
        docker run --rm -v two:/data {BUSYBOX} sha256sum /data/noise
        docker create --name holder -v two:/data {BUSYBOX} true >/dev/null
        docker cp holder:/data/noise copied && sha256sum <copied
        docker run -it --rm {BUSYBOX} echo a terminal
        docker run --rm {BUSYBOX} sh -c 'exit 3' || echo "code $?"
        """,
    )
    assert ended.code == 0, ended.output
    lines = ended.output.splitlines()
    assert {line.split()[0] for line in lines[:3]} == {lines[0].split()[0]}
    assert lines[3:] == ["a terminal", "code 3"]


def test_the_scripts_folder_can_be_mounted_and_keeps_what_is_written(attempt: Attempt) -> None:
    (attempt.folder / "given").write_text("given\n")
    session, ended = run(
        attempt,
        f"""
        set -e
        docker run --rm -v "$PWD:/here" {BUSYBOX} sh -c 'cat /here/given; echo made >/here/made'
        docker run --rm -v ./sub/folder:/here {BUSYBOX} touch /here/below
        docker run --rm --mount "type=bind,src=$PWD/sub,dst=/here,readonly" {BUSYBOX} find /here -type f
        """,
    )
    assert (ended.code, ended.output) == (0, "given\n/here/folder/below\n"), ended.output
    (attempt.folder / "next.sh").write_text("cat made given")
    assert session.run("run.sh").code == 0  # the folder is filled once: what a script leaves, the next finds


def test_what_reaches_past_the_container_is_refused_by_name(attempt: Attempt) -> None:
    wanted = {
        "--privileged": "--privileged",
        "--cap-add SYS_ADMIN": "--cap-add",
        "--device /dev/fuse": "--device",
        "--pid host": "--pid",
        "--ipc host": "--ipc",
        "--uts host": "--uts",
        "--userns host": "--userns",
        "--cgroup-parent /": "--cgroup-parent",
        "--security-opt seccomp=unconfined": "--security-opt",
        "--security-opt systempaths=unconfined": "--security-opt",
        "--sysctl net.ipv4.ip_forward=1": "--sysctl",
        "--network host": "--network host",
        "-v /:/host": "-v /",
        "-v /var/run/docker.sock:/s": "-v /var/run/docker.sock",
        '-v "$PWD/../etc":/host': "-v /answer/../etc",
        "--mount type=bind,src=/etc,dst=/host": "--mount type=bind,source=/etc",
        "--mount type=volume,src=v,dst=/h,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/": (
            "--mount type=volume"
        ),
    }
    lines = [f"docker run --rm {option} {BUSYBOX} ls /host" for option in wanted]
    others = {
        "docker volume create -o type=none -o o=bind -o device=/ v": "--opt",
        "docker network create -d macvlan -o parent=eth0 m": "--driver macvlan",
        "docker network create -o com.docker.network.bridge.name=docker0 m": "--opt",
        "docker network create --subnet 10.99.0.0/24 m": "--subnet",
        "docker swarm init": "docker swarm init",
        f"docker run --rm {PYTHON} true": f"The image {PYTHON}",
        "docker pull redis:8": "The image redis:8",
        f"docker rmi -f {BUSYBOX}": f"docker rmi {BUSYBOX}",
        f"docker push {BUSYBOX}": f"docker push {BUSYBOX.partition(':')[0]}",
    }
    found = refusals(attempt, "\n".join([*lines, *others]))
    assert found == [*wanted.values(), *others.values()]


def test_a_refusal_points_at_its_line(attempt: Attempt) -> None:
    (attempt.folder / "run.sh").write_text(
        f"#!/bin/sh\n# --privileged\ndocker run \\\n  --privileged {BUSYBOX}\n"
    )
    with pytest.raises(WrongAnswer) as caught:
        Session(attempt, [BUSYBOX]).run("run.sh")
    assert vars(caught.value)["line"] == 4
    assert "whole machine" in str(caught.value)


# What no docker command line would send.
HANDWRITTEN = """
python3 - <<'END'
import http.client, json, socket
class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX); self.sock.connect("/course/docker.sock")
def ask(method, path, body=None):
    talk = Unix("engine")
    talk.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    answer = talk.getresponse(); print(answer.status); return answer.read()
image = "IMAGE"
def create(name, **host): ask("POST", f"/containers/create?name={name}", {"Image": image, "HostConfig": host})
create("a", Binds=["/:/host"])
create("b", SecurityOpt=["apparmor=unconfined"])
ask("POST", "/containers/create?name=c", {"image": image, "hostconfig": {"privileged": True}})
ask("DELETE", "/containers/..%2fVICTIM?force=1")
ask("DELETE", "/containers/VICTIM?force=1")
ask("DELETE", "/v1.41/containers/%2FVICTIM?force=1")
ask("POST", "/containers/VICTIM/kill")
ask("DELETE", "/images/x/../../containers/VICTIM?force=1")
create("d", Surprise=1, Privileged=False)
END
"""


def test_handwritten_requests_reach_nobody_else(attempt: Attempt, client: docker.DockerClient) -> None:
    with running(client, BUSYBOX, "sleep", "600") as bystander:
        (attempt.folder / "run.sh").write_text(
            HANDWRITTEN.replace("VICTIM", str(bystander.name)).replace("IMAGE", BUSYBOX)
        )
        session = Session(attempt, [BUSYBOX])
        with pytest.raises(WrongAnswer):
            session.run("run.sh")
        bystander.reload()
        assert bystander.status == "running"
        assert session.names_of("containers") == ["d"]
        host = client.api.inspect_container(session.names.real("d"))["HostConfig"]
        assert (host["Privileged"], host["Binds"], host["CapAdd"]) == (False, None, None)
        assert not session.door.trouble


def test_limits_hold_for_what_a_script_starts(attempt: Attempt) -> None:
    session, _ = run(attempt, f"docker run -d --name big -m 64g --cpus 64 --pids-limit -1 {BUSYBOX} sleep 60")
    box = session.box("big")
    assert box is not None
    host = box.inspect()["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["PidsLimit"]) == (
        *(DEFAULT.memory, int(DEFAULT.cpus * 1e9), DEFAULT.pids),
    )
    assert "no-new-privileges" in host["SecurityOpt"]


def test_a_script_without_an_end_is_stopped(client: docker.DockerClient, tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("sleep 600")
    limits: Limits = dataclasses.replace(DEFAULT, run=2.0)
    said = "still running after 12 s"
    with Attempt(client, tmp_path, limits=limits) as attempt, pytest.raises(WrongAnswer, match=said):
        Session(attempt, [BUSYBOX]).run("run.sh")


MANY = """python3 -c '
import socket
for number in range(401):
    talk = socket.socket(socket.AF_UNIX); talk.connect("/course/docker.sock")
    talk.sendall(b"GET /nothing HTTP/1.0\\r\\n\\r\\n"); talk.recv(9)
'"""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 0123456789 >/proc/1/fd/1; sleep 60", "broke off"),
        (MANY, "more than 400 times"),
        (f"for i in $(seq 14); do docker run -d {BUSYBOX} sleep 60; done", "more than 12 containers"),
    ],
    ids=["meddles with its shell", "asks without end", "starts without end"],
)
def test_hostile_scripts_end(attempt: Attempt, script: str, said: str) -> None:
    (attempt.folder / "run.sh").write_text(script)
    with pytest.raises(WrongAnswer, match=said):
        Session(attempt, [BUSYBOX]).run("run.sh")


def test_a_volume_in_use_is_cleared_with_its_container(attempt: Attempt) -> None:
    session, _ = run(
        attempt,
        f"docker network create n; docker run -d --name c --network n -v data:/v {BUSYBOX} sleep 600",
    )
    assert session.names_of("volumes") == ["data"]
    session.clear()
    assert [session.names_of(kind) for kind in ("containers", "networks", "volumes")] == [[], [], []]
    (attempt.folder / "run.sh").write_text("")
    assert session.run("run.sh").code == 0


def test_others_things_are_in_no_list(attempt: Attempt, client: docker.DockerClient) -> None:
    with running(client, BUSYBOX, "sleep", "600") as bystander:
        volume = client.volumes.create(f"{bystander.name}", labels=made("volume"))
        try:
            _, ended = run(
                attempt,
                f"docker ps -aq; docker volume ls -q; docker network ls -q; docker volume rm {volume.name};"
                "docker container prune -f; docker volume prune -af;"
                "docker images --format '{{.Repository}}'",
            )
            client.volumes.get(str(volume.name))
        finally:
            volume.remove()
    assert f"{volume.name}: no such volume" in ended.output
    assert ended.output.splitlines()[-1] == BUSYBOX.partition(":")[0]
    assert len(ended.output.splitlines()) == 4, ended.output


def test_a_script_pushes_to_its_registry_alone_and_finds_there_what_was_pushed(attempt: Attempt) -> None:
    need(attempt.client, "registry:2")
    shop = Shop(attempt)
    shop.ready()
    (attempt.folder / "run.sh").write_text(
        f"""
        set -e
        docker tag {BUSYBOX} "$REGISTRY/town/box:1"
        docker tag {BUSYBOX} box:mine
        docker push --quiet "$REGISTRY/town/box:1"
        digest=$(docker image ls --digests --format '{{{{.Digest}}}}' "$REGISTRY/town/box")
        docker image ls --format '{{{{.Repository}}}}:{{{{.Tag}}}}' box
        docker rmi "$REGISTRY/town/box:1" >/dev/null
        docker run --rm "$REGISTRY/town/box@$digest" echo it runs
        """
    )
    session = Session(attempt, [BUSYBOX], registry=shop.host)
    ended = session.run("run.sh", {"REGISTRY": shop.host})
    assert ended.code == 0, ended.output
    lines = ended.output.splitlines()
    assert [*lines[:2], lines[-1]] == [f"{shop.host}/town/box:1", "box:mine", "it runs"]
    assert list(shop.store.tags) == ["town/box:1"]
    shop.forget()
    names = [name for one in list_images(attempt.client.api) for name in one.get("RepoTags") or ()]
    assert not [name for name in names if name.startswith(shop.host)]


def test_a_push_to_another_registry_is_refused(attempt: Attempt) -> None:
    assert refusals(attempt, f"docker tag {BUSYBOX} box:1\ndocker push box:1")[0].startswith("docker push")

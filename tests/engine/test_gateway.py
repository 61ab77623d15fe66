"""Every kind of client and stream through the gateway, on a real engine."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import socket
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
import pytest

from course.engine.cleanup import reset
from course.engine.describe import version_number
from course.engine.find import find_engine
from course.engine.gateway import Gateway
from course.engine.labels import MADE, TAG, made
from course.engine.ledger import Ledger
from course.engine.listing import list_images
from course.engine.makers import made_by
from course.tape_view import record

pytestmark = [
    pytest.mark.engine,
    # docker-py leaves the sockets of its streams to the garbage collector: `through` runs it at once.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BASE = "busybox:1.37"


def eventually(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with contextlib.closing(Ledger(tmp_path / "ledger.sqlite")) as kept:
        yield kept


@pytest.fixture
def prefix() -> str:
    return f"gw-test-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def gateway(ledger: Ledger, client: docker.DockerClient, prefix: str) -> Iterator[Gateway]:
    """Closed in the end; nothing named with `prefix` is left, nor a thread or descriptor of the gateway."""
    with Gateway(find_engine(), ledger) as running:
        yield running
    eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("gateway")], "threads end")
    done = reset(client, ledger, everything=True, only=lambda item: item.name.startswith(prefix))
    assert not done.kept


@pytest.fixture
def through(gateway: Gateway) -> Iterator[docker.DockerClient]:
    with contextlib.closing(docker.DockerClient(base_url=gateway.url, version="auto")) as connected:
        yield connected
    gc.collect()


def hang_up(stream: Any) -> None:
    """docker-py's `close` leaves the socket below to the garbage collector."""
    stream._sock.close()
    stream.close()


def test_a_run_is_on_the_tape_with_its_command(
    through: docker.DockerClient, gateway: Gateway, prefix: str
) -> None:
    with record(gateway) as recording:
        out = through.containers.run(BASE, ["echo", "hello"], name=f"{prefix}-run", remove=True)
    assert out == b"hello\n"
    create = recording.calls[0]
    assert (create.method, create.path, create.status) == ("POST", "/containers/create", 201)
    assert create.cli == f"docker create --name {prefix}-run {BASE} echo hello"
    assert create.bytes_in > 100
    assert create.bytes_out > 60
    logs = next(call for call in recording.calls if call.path.endswith("/logs"))
    assert logs.bytes_out == len("hello\n") + 8  # the header of a multiplexed frame
    assert recording.calls[-1].method == "DELETE"
    assert all(0 < call.ms < 60_000 for call in recording.calls)
    assert len(recording.view) == len(recording.calls)


def test_what_is_created_carries_the_label(
    through: docker.DockerClient, client: docker.DockerClient, prefix: str
) -> None:
    container = through.containers.create(
        BASE, labels={"mine": "yes"}, name=f"{prefix}-c", volumes=[f"{prefix}-auto:/data"]
    )
    through.networks.create(f"{prefix}-n", labels={"mine": "yes"})
    through.volumes.create(f"{prefix}-v")
    labels = client.containers.get(container.id).labels
    assert labels[MADE] == "container"
    assert labels["mine"] == "yes"
    network = client.networks.get(f"{prefix}-n").attrs["Labels"]
    assert network == {"mine": "yes", MADE: "network"}
    assert client.volumes.get(f"{prefix}-v").attrs["Labels"] == {MADE: "volume"}
    # The engine makes a volume on the way, which could carry no label: the gateway makes it before.
    assert client.volumes.get(f"{prefix}-auto").attrs["Labels"] == {MADE: "volume"}


def test_exec_with_standard_input_that_ends(through: docker.DockerClient, prefix: str) -> None:
    container = through.containers.run(BASE, ["sleep", "60"], name=f"{prefix}-x", detach=True)
    assert container.exec_run(["sh", "-c", "echo out; exit 3"]) == (3, b"out\n")
    call = through.api.exec_create(container.id, ["wc", "-c"], stdin=True)
    stream = through.api.exec_start(call["Id"], socket=True)
    stream._sock.sendall(b"x" * 300_000)
    stream._sock.shutdown(socket.SHUT_WR)
    assert stream.read().endswith(b"300000\n")
    hang_up(stream)
    assert through.api.exec_inspect(call["Id"])["ExitCode"] == 0


def test_attach_both_ways(through: docker.DockerClient, gateway: Gateway, prefix: str) -> None:
    container = through.containers.create(BASE, ["cat"], stdin_open=True, name=f"{prefix}-a")
    stream = container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
    container.start()
    for word in (b"one\n", b"two\n"):
        stream._sock.sendall(word)
        header = stream.read(8)
        assert stream.read(header[7]) == word
    with record(gateway) as recording:
        pass
    assert recording.calls == ()
    still_open = [call for call in gateway.tape.since(0) if call.path.endswith("/attach")]
    assert [(call.status, call.upgraded, call.note) for call in still_open] == [(101, True, "still open")]
    assert still_open[0].bytes_in == 8
    hang_up(stream)


def test_logs_events_stats_and_wait(
    through: docker.DockerClient, client: docker.DockerClient, prefix: str
) -> None:
    events = through.events(decode=True, filters={"container": f"{prefix}-l"})
    script = "for i in 1 2 3; do echo $i; done; sleep 60"
    container = through.containers.run(BASE, ["sh", "-c", script], name=f"{prefix}-l", detach=True)
    assert next(event for event in events if event["Action"] == "start")["id"] == container.id
    events.close()
    lines = container.logs(stream=True, follow=True)
    assert b"".join(next(lines) for _ in range(3)) == b"1\n2\n3\n"
    lines.close()
    assert next(container.stats(stream=True, decode=True))["id"] == container.id
    waiting = ThreadPoolExecutor(1).submit(container.wait)
    client.containers.get(container.id).kill()
    assert waiting.result(20)["StatusCode"] == 137


def test_archives_go_in_and_out(through: docker.DockerClient, prefix: str) -> None:
    container = through.containers.create(BASE, name=f"{prefix}-cp")
    content = os.urandom(3_000_000)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo("noise")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    assert container.put_archive("/", packed.getvalue())
    pieces, facts = container.get_archive("/noise")
    assert facts["size"] == len(content)
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        member = tar.extractfile("noise")
        assert member is not None
        assert member.read() == content


def test_images_are_saved_loaded_tagged_and_committed(
    through: docker.DockerClient, client: docker.DockerClient, ledger: Ledger, prefix: str
) -> None:
    container = through.containers.run(BASE, ["touch", "/mine"], name=f"{prefix}-i", detach=True)
    container.wait()
    image = container.commit(f"{prefix}-image", "1")
    labels = client.images.get(f"{prefix}-image:1").labels
    assert labels[MADE] == "image"  # not the container's
    assert labels[TAG] == f"{prefix}-image:1"
    image.tag(f"{prefix}-other")
    archive = b"".join(image.save(named=f"{prefix}-image:1"))
    through.images.remove(f"{prefix}-image:1")
    through.images.remove(f"{prefix}-other")
    assert not _noted(ledger, f"{prefix}-image:1")
    assert not _noted(ledger, f"{prefix}-other:latest")
    assert through.images.load(archive)[0].tags == [f"{prefix}-image:1"]
    assert _noted(ledger, f"{prefix}-image:1") == ["loaded"]
    through.images.load(archive)  # was there already, and is still the course's
    assert _noted(ledger, f"{prefix}-image:1") == ["loaded"]


def _noted(ledger: Ledger, name: str) -> list[str]:
    with contextlib.closing(docker.DockerClient(base_url=find_engine().url)) as client:
        return [entry.how for entry in ledger.entries(client.info()["ID"], "image") if entry.name == name]


def test_prunes_reach_only_what_the_course_made(
    through: docker.DockerClient, client: docker.DockerClient, gateway: Gateway, prefix: str
) -> None:
    # The second label keeps the prune away from what other tests have lying about.
    labels = {prefix: "1"}
    through.containers.create(BASE, name=f"{prefix}-ours", labels=labels)
    theirs = client.containers.create(BASE, name=f"theirs-{prefix}", labels=labels)
    # A check that runs has stopped containers, too, and removes them itself.
    checks = client.containers.create(
        BASE, name=f"check-{prefix}", labels=labels | made("container") | made_by()
    )
    through.networks.create(f"{prefix}-n", labels=labels)
    network = client.networks.create(f"theirs-{prefix}", labels=labels)
    through.volumes.create(f"{prefix}-v", labels=labels)
    volume = client.volumes.create(f"theirs-{prefix}", labels=labels)
    try:
        filters = {"label": [prefix]}
        assert len(through.containers.prune(filters)["ContainersDeleted"]) == 1
        assert through.networks.prune(filters)["NetworksDeleted"] == [f"{prefix}-n"]
        # Since API 1.42 a prune means the anonymous volumes, and "all" those with a name too.
        named = {"all": True} if version_number(through.api._version) >= (1, 42) else {}
        assert through.volumes.prune(filters | named)["VolumesDeleted"] == [f"{prefix}-v"]
        for survivor in (theirs, checks, network, volume):
            survivor.reload()
        assert through.api.prune_builds() == {"CachesDeleted": [], "SpaceReclaimed": 0}
    finally:
        theirs.remove()
        checks.remove()
        network.remove()
        volume.remove()


def test_an_images_prune_spares_what_others_built_on_ours(
    through: docker.DockerClient, client: docker.DockerClient, prefix: str
) -> None:
    through.containers.create(BASE, name=f"{prefix}-b").commit(f"{prefix}-base", "1")
    client.images.build(
        fileobj=io.BytesIO(f"FROM {prefix}-base:1\nENV a=b\nLABEL {prefix}=1\n".encode()),
        tag=f"theirs-{prefix}:1",
        rm=True,
    )
    try:
        child = client.images.get(f"theirs-{prefix}:1")
        assert child.labels[MADE] == "image"  # inherited
        unused = through.containers.get(f"{prefix}-b")
        unused.remove()
        through.images.prune({"dangling": False, "reference": [f"{prefix}*", f"theirs-{prefix}*"]})
        assert client.images.get(f"theirs-{prefix}:1").id == child.id
        assert not list_images(client.api, f"{prefix}-base")
    finally:
        client.images.remove(f"theirs-{prefix}:1", force=True)


def test_many_at_once(gateway: Gateway, prefix: str) -> None:
    def one(number: int) -> str:
        with contextlib.closing(docker.DockerClient(base_url=gateway.url, version="1.41")) as client:
            client.volumes.create(f"{prefix}-{number}")
            return str(client.volumes.get(f"{prefix}-{number}").attrs["Labels"][MADE])

    with ThreadPoolExecutor(50) as pool:
        assert list(pool.map(one, range(50))) == ["volume"] * 50


def test_nothing_is_left_open(ledger: Ledger, tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    with Gateway(find_engine(), ledger) as gateway:
        path = Path(gateway.url.removeprefix("unix://"))
        assert path.parent.stat().st_mode & 0o777 == 0o700
        for _ in range(20):
            with contextlib.closing(docker.DockerClient(base_url=gateway.url, version="1.41")) as client:
                client.ping()
        idle = socket.socket(socket.AF_UNIX)
        idle.connect(str(path))
    assert not path.parent.exists()
    assert idle.recv(1) == b""  # the gateway hung up
    idle.close()
    ledger.close()
    if before:
        eventually(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before, "descriptors are closed")


def test_a_client_that_vanishes_ends_its_call(gateway: Gateway) -> None:
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(gateway.url.removeprefix("unix://"))
    raw.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    assert raw.recv(12) == b"HTTP/1.1 200"
    raw.close()
    eventually(lambda: any(call.path == "/events" for call in gateway.tape), "the call ends")

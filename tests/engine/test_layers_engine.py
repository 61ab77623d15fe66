"""Images by every way to an engine, images that other tools make, and what goes wrong on the way."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import socket
import subprocess
import sys
import tarfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from course.archive import open_image, outline, read_image
from course.archive.cache import Cache
from course.engine.describe import describe
from course.engine.find import find_engine
from course.engine.gateway import Gateway
from course.engine.labels import made_image
from course.errors import EngineGone, ImageNotFound, PlatformNotFound
from tests.engine.test_gateway_tls import Front
from tests.engine.test_layers_truth import agree, exported
from tests.unit.archives import layout, nested, oci, old_save, special, tar

pytestmark = [
    pytest.mark.engine,
    # docker-py leaves the sockets of its streams to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BUSYBOX = "busybox:1.37"
Load = Callable[..., str]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def load(client: docker.DockerClient) -> Iterator[Load]:
    """Loads layers as an image of the engine; removed in the end."""
    names: list[str] = []

    def load_it(layers: list[bytes], how: str = "gzip", platforms: tuple[str, ...] = ("linux/amd64",)) -> str:
        name = f"course-test-{uuid.uuid4().hex[:12]}:1"
        more = {"config": {"Labels": made_image(name), "Cmd": ["true"]}}
        names.append(name)
        if how == "save":  # which engines of any age and store can load
            client.images.load(tar(old_save(layers, name, **more)))
            return name
        made = [
            oci([*layers, tar({f"platform-{number}": b"x" * (number + 1)})], how, name, one, **more)
            for number, one in enumerate(platforms)
        ]
        whole = nested(*made, name=f"docker.io/library/{name}") if len(made) > 1 else layout(*made)
        client.images.load(tar(whole))
        return name

    yield load_it
    for name in names:
        with contextlib.suppress(docker.errors.ImageNotFound):
            client.images.remove(name, force=True)


def need_containerd(client: docker.DockerClient) -> None:
    if describe(client, find_engine()).store != "containerd":
        pytest.skip("graph drivers unpack no such image, or keep one platform only")


BASE = tar({"d/": b"", "d/a": b"a" * 100, "d/b": b"b" * 200, "f": b"f" * 50, "e/": b"", "e/x": b"x" * 7})
# Layers that no engine writes, but other tools do: how does a containerd store show them?
BY_HAND = {
    "a whiteout after what replaces it": [BASE, tar({"d/": b"", "d/c": b"cc", "d/.wh.a": b""})],
    "an opaque directory, its marker last": [BASE, tar({"d/": b"", "d/c": b"cc", "d/.wh..wh..opq": b""})],
    "an opaque directory that is not listed": [BASE, tar({"d/.wh..wh..opq": b"", "d/c": b"cc"})],
    "no directories listed": [BASE, tar({"d/c": b"cc", "new/deep/file": b"xyz"})],
    "a file listed twice": [BASE, tar({"d/": b"", "d/a": b"1"})[:-10240] + tar({"d/a": b"22"})],
    "a directory over a file, a file over a directory": [BASE, tar({"f/": b"", "f/g": b"1", "d": b"22"})],
    "through a symlink to a directory": [
        BASE,
        tar({"s": special("s", tarfile.SYMTYPE, "d"), "t": special("t", tarfile.SYMTYPE, "/e")}),
        tar({"s/new": b"123", "t/.wh.x": b""}),
    ],
    "a symlink by a directory": [
        BASE, tar({"s": special("s", tarfile.SYMTYPE, "d")}), tar({"s/": b"", "s/a": b"own"}),
    ],
    "a whiteout of nothing": [BASE, tar({"d/": b"", "d/.wh.none": b""})],
    "AUFS's own notes": [BASE, tar({".wh..wh.plnk/": b"", ".wh..wh.aufs": b"", "d/.wh.a": b""})],
    "layers in zstd": [BASE, tar({"d/.wh.b": b"", "big": os.urandom(300_000)})],
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_layers_that_no_engine_writes(
    client: docker.DockerClient, load: Load, cache: Cache, tmp_path: Path, name: str
) -> None:
    need_containerd(client)
    tag = load(BY_HAND[name], "zstd" if "zstd" in name else "gzip")
    image = read_image(client, tag, cache=cache)
    agree(image, *exported(client, tag, tmp_path))
    assert {layer.compression for layer in image.layers} == {"zstd" if "zstd" in name else "gzip"}


def test_over_tcp_and_the_gateway_it_is_the_same(client: docker.DockerClient, tmp_path: Path) -> None:
    address = find_engine()
    assert address.socket
    direct = read_image(client, BUSYBOX, cache=Cache(tmp_path / "direct"))
    with (
        contextlib.closing(Front(address.socket, None)) as front,
        contextlib.closing(docker.DockerClient(f"tcp://127.0.0.1:{front.port}", version="auto")) as tcp,
    ):
        assert read_image(tcp, BUSYBOX, cache=Cache(tmp_path / "tcp")) == direct
        with pytest.raises(ImageNotFound):
            read_image(tcp, "course-test-none:1", cache=Cache(tmp_path / "tcp"))
    with (
        Gateway(address) as gateway,
        contextlib.closing(docker.DockerClient(gateway.url, version="auto")) as through,
    ):
        assert read_image(through, BUSYBOX, cache=Cache(tmp_path / "gateway")) == direct


def test_an_image_for_several_platforms(client: docker.DockerClient, load: Load, cache: Cache) -> None:
    need_containerd(client)
    tag = load([BASE], platforms=("linux/amd64", "linux/arm64"))
    arm = read_image(client, tag, platform="arm64", cache=cache)
    own = read_image(client, tag, cache=cache)
    assert (arm.platform, arm.tar_bytes) == ("linux/arm64", own.tar_bytes + 1)
    assert read_image(client, tag, platform="linux/arm64", cache=cache) == arm  # kept apart from the other
    with pytest.raises(PlatformNotFound, match=r"Here are: linux/amd64, linux/arm64\."):
        read_image(client, tag, platform="linux/s390x", cache=cache)


def test_another_platform_of_an_image_for_one(client: docker.DockerClient, cache: Cache) -> None:
    with pytest.raises(PlatformNotFound, match=r"not here for linux/s390x\. Here are: linux/"):
        read_image(client, BUSYBOX, platform="linux/s390x", cache=cache)


def test_a_name_without_a_tag_means_latest(client: docker.DockerClient, cache: Cache) -> None:
    """Asked for a name alone, the engine would send all tags of it."""
    name = f"course-test-{uuid.uuid4().hex[:12]}"
    latest, other = client.images.get(BUSYBOX), client.images.get("alpine:3.22")
    latest.tag(name, "latest")
    other.tag(name, "other")
    try:
        read = read_image(client, name, cache=cache)
        assert [layer.diff_id for layer in read.layers] == latest.attrs["RootFS"]["Layers"]
        assert read_image(client, str(latest.id), cache=cache).layers == read.layers
    finally:
        client.images.remove(f"{name}:latest")
        client.images.remove(f"{name}:other")


def test_an_unknown_name_gives_the_nearest(client: docker.DockerClient, cache: Cache) -> None:
    for call in (lambda name: outline(client, name), lambda name: read_image(client, name, cache=cache)):
        with pytest.raises(ImageNotFound, match=r"no image 'busibox:1\.37'") as caught:
            call("busibox:1.37")
        assert BUSYBOX in caught.value.hint


class Cutting:
    """A socket before the engine's that hangs up in the middle of an image, after `before_cut()`."""

    def __init__(self, folder: Path, engine: str, before_cut: Callable[[], None], after: int) -> None:
        self.path = str(folder / "cut.sock")
        self._engine, self._before_cut, self._after = engine, before_cut, after
        self._callers: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        # Waking accept() needs more than closing the descriptor.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for caller in self._callers:
            with contextlib.suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)
        Path(self.path).unlink(missing_ok=True)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                self._callers.append(caller)
                threading.Thread(target=self._relay, args=(caller,), daemon=True).start()

    def _relay(self, caller: socket.socket) -> None:
        with caller, socket.socket(socket.AF_UNIX) as engine, contextlib.suppress(OSError):
            engine.connect(self._engine)
            other = {caller: engine, engine: caller}
            while True:
                for ready in select.select([caller, engine], [], [])[0]:
                    piece = ready.recv(65536)
                    if not piece:
                        return
                    other[ready].sendall(piece)
                    if ready is caller and b"/get" in piece.split(b"\r\n")[0]:
                        self._cut(caller, engine)
                        return

    def _cut(self, caller: socket.socket, engine: socket.socket) -> None:
        left = self._after
        while left > 0 and (answer := engine.recv(min(left, 65536))):
            caller.sendall(answer)
            left -= len(answer)
        self._before_cut()


@pytest.fixture
def cutting(tmp_path: Path) -> Iterator[Callable[[Callable[[], None]], Cutting]]:
    made: list[Cutting] = []

    def cut(before_cut: Callable[[], None]) -> Cutting:
        engine = find_engine().socket
        assert engine
        made.append(Cutting(tmp_path, engine, before_cut, 200_000))
        return made[-1]

    yield cut
    for one in made:
        one.close()


def test_an_image_that_is_deleted_while_it_is_read(
    client: docker.DockerClient, load: Load, cache: Cache, cutting: Callable[..., Cutting]
) -> None:
    tag = load([tar({"noise": os.urandom(2_000_000)})], "save")
    relay = cutting(lambda: client.images.remove(tag, force=True))
    with (
        contextlib.closing(docker.DockerClient(f"unix://{relay.path}", version="auto")) as through,
        pytest.raises(ImageNotFound, match="was deleted while it was read"),
    ):
        read_image(through, tag, cache=cache)
    assert not any(cache.folder.glob("layer-*"))


def test_an_engine_that_goes_away_in_the_middle(
    client: docker.DockerClient, load: Load, cache: Cache, cutting: Callable[..., Cutting]
) -> None:
    tag = load([tar({"noise": os.urandom(2_000_000)})], "save")
    relays: list[Cutting] = []
    relays.append(cutting(lambda: relays[0].close()))
    with (
        contextlib.closing(docker.DockerClient(f"unix://{relays[0].path}", version="auto")) as through,
        pytest.raises(EngineGone) as caught,
    ):
        read_image(through, tag, cache=cache)
    # docker-py leaks the socket with which it finds nobody: have it collected here, where that is no failure.
    del caught
    gc.collect()


def course(*words: str, code: int = 0) -> tuple[str, str]:
    """What the command line prints: standard output, and standard error."""
    done = subprocess.run(
        [sys.executable, "-c", "from course.cli import main; main()", "layers", *words],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def test_the_command_prints_one_json_value_and_holds_gates(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    said, _ = course("--json", BUSYBOX, "--max-hidden", "0", "--layer-budget", "0", code=1)
    told = json.loads(said)
    image = read_image(client, BUSYBOX, cache=Cache(tmp_path / "cache"))
    assert (told["tar_bytes"], told["hidden_bytes"]) == (image.tar_bytes, 0)
    assert [(one["gate"], one["ok"]) for one in told["gates"]] == [
        ("max-hidden", True),
        ("layer-budget", False),
    ]
    said, _ = course(BUSYBOX, "--max-hidden", "5%", "--max-size", "1GB")
    assert "is hidden" in said
    assert "at most 5 % may be" in said
    assert "dive would say" in said
    course(BUSYBOX, "--max-size", "1kB", code=1)


def test_the_command_reads_files_and_lists_them(client: docker.DockerClient, tmp_path: Path) -> None:
    path = tmp_path / "saved.tar"
    with path.open("wb") as file:
        for piece in client.images.get(BUSYBOX).save(named=True):
            file.write(piece)
    said, _ = course(str(path), "--files")
    assert f"{open_image(path, cache=Cache(tmp_path / 'cache')).files:,} files" in said
    assert "bin/busybox" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["course-test-none:1"], "no image 'course-test-none:1'"),
        (["./none.tar"], "There is no file"),
        ([__file__], "not an image"),
        ([BUSYBOX, "--platform", "linux/s390x"], "not here for linux/s390x"),
        ([BUSYBOX, "--max-hidden", "much"], "is no size"),
    ],
)
def test_what_goes_wrong_is_said_with_exit_code_2(words: list[str], told: str) -> None:
    said, error = course(*words, code=2)
    assert said == ""
    assert told in " ".join(error.split())

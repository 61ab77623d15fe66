"""What we say an image hides and shows, against the engine's export of a container: each path, each byte.

The images are made to be nasty. The same tests pass on other engines (DOCKER_HOST).
"""

from __future__ import annotations

import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
import xxhash

from course.archive import open_image, outline, read_image
from course.archive.cache import Cache
from course.build import build
from course.engine.labels import made, made_image
from course.layers import Image, Layer

pytestmark = pytest.mark.engine

# name → the Dockerfile's instructions after FROM busybox. `data` is a file of 100,000 bytes in the context.
NASTY = {
    "rewritten": """
        RUN dd if=/dev/zero of=/big bs=1000 count=900 && echo one > /small
        RUN echo more >> /big
        RUN echo two > /small
        COPY data /big""",
    "deleted": """
        RUN mkdir /d && for i in $(seq 40); do echo $i > /d/$i; done && cp -a /d /e
        RUN rm /d/1 /d/2
        RUN rm -rf /d
        RUN rm -rf /e && mkdir /e && echo kept > /e/41""",
    "emptied and filled again": """
        COPY data /d/data
        COPY data /d/deep/data
        RUN rm -rf /d && mkdir /d && cp /bin/busybox /d/deep
        RUN rm -rf /d/* && echo x > /d/data""",
    "kinds replaced": """
        COPY data /file
        COPY data /dir/in/data
        RUN ln -s dir /link && ln -s file /other
        RUN rm /file && mkdir /file && echo x > /file/x
        RUN rm -rf /dir && echo y > /dir
        RUN rm /link && mkdir /link && echo z > /link/in
        RUN rm /other && mkfifo /other && rm -r /file && ln -s nowhere /file""",
    "hard links": """
        COPY data /a
        RUN ln /a /b && ln /a /c
        RUN rm /a
        RUN chmod 600 /b
        RUN echo more >> /c
        RUN mkdir /l && cp /bin/busybox /l/1 && ln /l/1 /l/2 && ln /l/1 /l/3
        RUN rm /l/1 && ln /l/2 /l/4
        RUN rm -rf /l""",
    "names": r"""
        RUN mkdir /n && cd /n && echo 1 > "$(printf 'caf\351')" && echo 22 > "$(printf 'new\nline')"
        RUN cd /n && echo 333 > 'back\slash' && echo 4 > 'ünïcödé' && mkdir "$(printf '\377\376')"
        RUN cd /n && rm "$(printf 'caf\351')" && echo 55555 > "$(printf '\377\376')/x" && echo 1 > '.h #$*'
        RUN rm -rf "$(printf '/n/\377\376')" '/n/ünïcödé'""",
    "long paths": """
        RUN p=/$(printf 'x%.0s' $(seq 120)); mkdir -p $p$p$p && echo deep > $p$p$p$p && ln -s $p$p$p$p /l
        RUN p=/$(printf 'x%.0s' $(seq 120)); ln $p$p$p$p $p$p$p/link && ln -s $p$p$p$p $p/symlink
        RUN p=/$(printf 'x%.0s' $(seq 120)); rm $p$p$p$p""",
    "the same layer twice, and none": """
        COPY data /data
        COPY data /data
        RUN true
        ENV A=b
        WORKDIR /
        WORKDIR /made
        COPY data /data
        LABEL x=y""",
    "metadata only": """
        COPY data /a
        COPY data /b
        RUN chmod 4755 /a
        RUN chown 1234:4321 /a /b
        RUN touch /b
        RUN mkdir -m 1777 /t && chown 7 /t
        RUN chmod 700 /t""",
    "big and sparse": """
        RUN truncate -s 70000000 /sparse && dd if=/dev/zero of=/holes bs=1 count=1 seek=9999999
        RUN chmod 600 /sparse
        RUN rm /holes && truncate -s 12345678 /holes""",
    "through symlinks": """
        RUN mkdir /real && echo 1 > /real/one && ln -s /real /abs && ln -s real /rel && ln -s ../../real /up
        COPY data /abs/data
        COPY data /rel/more
        RUN echo two > /up/two && rm /abs/one
        RUN rm /abs && mkdir /abs && echo own > /abs/own""",
    "moved": """
        RUN mkdir -p /from/deep && cp /bin/busybox /from/deep/ && echo x > /from/x
        RUN mv /from /to
        RUN mv /to/deep/busybox /to/x
        RUN mknod /to/null c 1 3 && mkfifo /to/deep/pipe""",
}
# What the engine itself puts into a container when it makes one; image.go, initlayer/setup_unix.go.
_ENGINES_OWN = {
    ".dockerenv", "dev", "dev/console", "dev/pts", "dev/shm", "etc", "etc/hostname", "etc/hosts", "etc/mtab",
    "etc/resolv.conf", "proc", "sys",
}  # fmt: skip
_KINDS = {
    tarfile.DIRTYPE: "dir",
    tarfile.SYMTYPE: "symlink",
    tarfile.FIFOTYPE: "fifo",
    tarfile.CHRTYPE: "device",
}

Made = Callable[[str], str]


@pytest.fixture
def make(client: docker.DockerClient, tmp_path: Path) -> Iterator[Made]:
    """Builds a Dockerfile's instructions on busybox, without cache, and gives the image's name."""
    names: list[str] = []

    def build_it(instructions: str) -> str:
        name = f"course-test-{uuid.uuid4().hex[:12]}:1"
        (tmp_path / "data").write_bytes(bytes(range(250)) * 400)
        text = "FROM busybox:1.37\n" + "\n".join(line.strip() for line in instructions.strip().splitlines())
        (tmp_path / "Dockerfile").write_text(f"{text}\n")
        names.append(name)
        build(client, tmp_path, tag=name, labels=made_image(name), network="none", no_cache=True)
        return name

    yield build_it
    for name in names:
        client.images.remove(name, force=True)


Seen = dict[str, tuple[object, ...]]


def exported(client: docker.DockerClient, image: str, folder: Path) -> tuple[int, Seen]:
    """What a container shows: the bytes of its files, and each path's kind, metadata and content."""
    name = f"course-test-{uuid.uuid4().hex[:12]}"
    container = client.containers.create(image, ["true"], name=name, labels=made("container"))
    try:
        whole = folder / "export.tar"
        with whole.open("wb") as file:
            for piece in container.export():
                file.write(piece)
    finally:
        container.remove()
    found: Seen = {}
    total = 0
    with tarfile.open(whole, errors="surrogateescape") as tar:
        for one in tar:
            path = one.name.strip("/")
            if one.islnk():
                found[path] = found[one.linkname.strip("/")]
                continue
            kind = _KINDS.get(one.type, "file")
            digest = ""
            if kind == "file":
                total += one.size
                content = tar.extractfile(one)
                assert content
                hasher = xxhash.xxh3_128()
                while piece := content.read(1 << 20):
                    hasher.update(piece)
                digest = hasher.hexdigest()
            target = one.linkname if kind == "symlink" else ""
            size = one.size if kind == "file" else 0
            found[path] = (kind, size, one.mode & 0o7777, one.uid, one.gid, target, digest)
    whole.unlink()
    found.pop("", None)
    return total, found


def without(seen: Seen) -> Seen:
    return {path: facts for path, facts in seen.items() if path not in _ENGINES_OWN}


def agree(image: Image, total: int, shown: Seen) -> None:
    """The image's tree is the container's, and what it doesn't show is hidden, to the byte."""
    assert without(image.tree.listing()) == without(shown)
    assert image.visible_bytes == total
    assert image.hidden_bytes == image.tar_bytes - total
    assert sum(layer.tar_bytes for layer in image.layers) == image.tar_bytes


@pytest.mark.parametrize("name", NASTY)
def test_hidden_bytes_are_what_the_export_lacks(
    client: docker.DockerClient, make: Made, tmp_path: Path, name: str
) -> None:
    tag = make(NASTY[name])
    told: list[Layer] = []
    cache = Cache(tmp_path / "cache")
    image = read_image(client, tag, on_layer=told.append, cache=cache)
    total, shown = exported(client, tag, tmp_path)
    agree(image, total, shown)
    assert image.hidden_bytes or "twice" in name or image.hidden
    assert {layer.index for layer in told} == {layer.index for layer in image.layers}
    assert all(layer.entries == image.layers[layer.index].entries for layer in told)
    again = read_image(client, tag, cache=cache)  # from the cache alone
    assert (again, again.config) == (image, image.config)


def test_every_layer_has_its_instruction_and_line(
    client: docker.DockerClient, make: Made, tmp_path: Path
) -> None:
    tag = make(NASTY["the same layer twice, and none"])
    text = (tmp_path / "Dockerfile").read_text()
    image = read_image(client, tag, dockerfile=text, cache=Cache(tmp_path / "cache"))
    own = [layer for layer in image.layers if layer.line]
    lines = text.splitlines()
    assert [layer.line for layer in own] == [
        n for n, line in enumerate(lines, 1) if line.startswith(("COPY", "RUN", "WORKDIR /made"))
    ]
    for layer in own:
        assert layer.line
        assert layer.instruction.split()[0] == lines[layer.line - 1].split()[0]
    first = outline(client, tag, dockerfile=text)
    for rough, exact in zip(first.layers, image.layers, strict=True):
        same = ("index", "diff_id", "instruction", "line", "disk_bytes")
        assert [getattr(rough, field) for field in same] == [getattr(exact, field) for field in same]
        assert not rough.read
    (idle,) = (layer for layer in own if layer.instruction == "RUN true")
    assert not idle.files


def test_a_saved_file_says_the_same(client: docker.DockerClient, make: Made, tmp_path: Path) -> None:
    tag = make(NASTY["hard links"])
    saved = tmp_path / "saved.tar"
    with saved.open("wb") as file:
        for piece in client.images.get(tag).save(named=True):
            file.write(piece)
    live = read_image(client, tag, cache=Cache(tmp_path / "live"))
    filed = open_image(saved, cache=Cache(tmp_path / "filed"))
    assert [layer.entries for layer in filed.layers] == [layer.entries for layer in live.layers]
    assert [layer.diff_id for layer in filed.layers] == [layer.diff_id for layer in live.layers]
    assert [layer.instruction for layer in filed.layers] == [layer.instruction for layer in live.layers]
    assert filed.hidden == live.hidden


def test_an_image_without_history(client: docker.DockerClient, tmp_path: Path) -> None:
    path = tmp_path / "root.tar"
    (tmp_path / "hello").write_bytes(b"hello\n")
    with tarfile.open(path, "w") as tar:
        tar.add(tmp_path / "hello", "hello")
    name = f"course-test-{uuid.uuid4().hex[:12]}"
    labels = [f"LABEL {key}={value}" for key, value in made_image(f"{name}:1").items()]
    client.api.import_image_from_data(path.read_bytes(), repository=name, tag="1", changes=labels)
    try:
        image = read_image(client, f"{name}:1", cache=Cache(tmp_path / "cache"))
        assert (image.tar_bytes, image.files, len(image.layers)) == (6, 1, 1)
        assert image.layers[0].entries[0].path == "hello"
    finally:
        client.images.remove(f"{name}:1", force=True)

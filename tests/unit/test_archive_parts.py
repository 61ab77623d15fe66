"""The cache of layers, and which instruction made which layer."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from course.archive.cache import Cache
from course.archive.history import Made, instruction, steps
from course.archive.layer import Content
from course.archive.scan import Read, scan
from course.errors import ImageDamaged
from course.layers import Entry
from tests.unit import archives

CONTENT = Content(
    (
        Entry("a", "file", 3, 0o644, 1, 2, digest="ff"),
        Entry("b\udcff", "symlink", target="a\nb"),
        Entry("", "dir", mode=0o1777),
    ),
    ("gone",),
    ("",),
    3,
    10_240,
)
KEY = "sha256:" + "a" * 64


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "layers")


def test_a_layer_comes_back_as_it_was(cache: Cache) -> None:
    assert cache.layer(KEY) is None
    cache.keep_layer(KEY, CONTENT)
    assert cache.layer("sha256:" + "b" * 64, KEY) == CONTENT
    cache.keep_note("id/linux/amd64", {"x": [1]})
    assert cache.note("id/linux/amd64") == {"x": [1]}
    assert not list(cache.folder.glob(".*"))


@pytest.mark.parametrize("how", ["", "gzip"])
def test_a_layer_that_was_read_before_is_hashed_and_not_unpacked(how: str) -> None:
    layer = archives.pack(archives.tar({"x": b"y" * 5000}), how)
    digest = f"sha256:{archives.sha(layer)}"
    name = digest.replace("sha256:", "blobs/sha256/")

    def read(content: bytes) -> Read:
        known = {digest: CONTENT}.get
        return scan(iter([archives.tar({name: content})]), known=known).read(name)

    found = read(layer)
    assert (found.content, found.blob, found.stored, found.packed) == (CONTENT, digest, len(layer), how)
    with pytest.raises(ImageDamaged, match="not those of its digest"):
        read(layer[:-1] + bytes([layer[-1] ^ 1]))


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_file_is_not_there(cache: Cache, damage: bytes | None) -> None:
    cache.keep_layer(KEY, CONTENT)
    (path,) = cache.folder.iterdir()
    whole = bytearray(path.read_bytes())
    whole[-9] ^= 1
    path.write_bytes(whole if damage is None else damage)
    assert cache.layer(KEY) is None
    cache.keep_layer(KEY, CONTENT)
    assert cache.layer(KEY) == CONTENT


@pytest.mark.parametrize("value", [None, [], {"columns": []}, {"columns": [[1]] * 8}, "text"])
def test_a_file_of_another_kind_is_not_there(cache: Cache, value: object) -> None:
    cache.keep_layer(KEY, CONTENT)
    (path,) = cache.folder.iterdir()
    cache.keep_note("other", value)
    (cache.folder / "note-other").replace(path)
    assert cache.layer(KEY) is None


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    sizes = Cache(tmp_path / "one")
    sizes.keep_layer(KEY, CONTENT)
    (one,) = sizes.folder.iterdir()
    cache = Cache(tmp_path / "layers", most_bytes=one.stat().st_size * 2 + 5)
    keys = [f"sha256:{letter * 64}" for letter in "abc"]
    for age, key in enumerate(keys[:2]):
        cache.keep_layer(key, CONTENT)
        os.utime(cache.folder / f"layer-sha256-{key[7:]}", (1000 + age, 1000 + age))
    assert cache.layer(keys[0])  # used just now
    cache.keep_layer(keys[2], CONTENT)
    assert [cache.layer(key) is not None for key in keys] == [True, False, True]


def test_no_folder_to_write_to_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = Cache(tmp_path / "file/layers")
    cache.keep_layer(KEY, CONTENT)
    assert cache.layer(KEY) is None


def test_many_at_once_never_see_half_a_layer(cache: Cache) -> None:
    found: list[Content | None] = []

    def work() -> None:
        for _ in range(30):
            cache.keep_layer(KEY, CONTENT)
            found.append(cache.layer(KEY))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT] * 120


def test_a_key_is_no_path(cache: Cache) -> None:
    with pytest.raises(ValueError, match="no key"):
        cache.keep_layer("x" * 300, CONTENT)
    cache.keep_layer("../../escape", CONTENT)
    assert [path.name for path in cache.folder.iterdir()] == ["layer-..-..-escape"]


@pytest.mark.parametrize(
    ("created_by", "text"),
    [
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("RUN |2 A=b C=d /bin/sh -c make all # buildkit", "RUN make all"),
        ("COPY . /app # buildkit", "COPY . /app"),
        ("WORKDIR /app", "WORKDIR /app"),
        ("/bin/sh -c make", "RUN make"),
        ("|1 A=b /bin/sh -c make", "RUN make"),
        ("/bin/sh -c #(nop) ADD file:1234 in / ", "ADD file:1234 in /"),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("# debian.sh --arch 'amd64' out/ 'trixie'", "# debian.sh --arch 'amd64' out/ 'trixie'"),
        ("", ""),
    ],
)
def test_the_instruction_as_the_dockerfile_had_it(created_by: str, text: str) -> None:
    assert instruction(created_by) == text


def api(*created_by: str, sizes: tuple[int, ...] = ()) -> list[Made]:
    return [
        Made(text, None, size) for text, size in zip(created_by, sizes or [1] * len(created_by), strict=True)
    ]


@pytest.mark.parametrize(
    ("history", "layers", "made"),
    [
        (api("COPY a b", "ENV A=b", "RUN x", "CMD x", "WORKDIR /y"), 3, [0, None, 1, None, 2]),
        (api("COPY a b", "WORKDIR /", "EXPOSE 1"), 1, [0, None, None]),
        # the classic builder makes no layer where nothing changed; only the count shows which case it is
        (api("/bin/sh -c true", "/bin/sh -c make", sizes=(0, 5)), 1, [None, 0]),
        (api("/bin/sh -c touch x", "/bin/sh -c make", sizes=(0, 5)), 2, [0, 1]),
        (api("# debian.sh", '/bin/sh -c #(nop) CMD ["x"]', sizes=(9, 0)), 1, [0, None]),
        (api("", "RUN x"), 2, [0, 1]),
        (api("RUN x"), 2, None),
        (api("RUN x", "RUN y"), 1, None),
        (
            [Made("RUN x", True), Made("ENV a=b", False)],
            1,
            [None, 0],
        ),  # a configuration knows, whatever it says
        ([Made("RUN x", False)], 2, None),
    ],
)
def test_which_steps_made_layers(history: list[Made], layers: int, made: list[int | None] | None) -> None:
    found = steps(history, layers)
    assert [step.layer for step in found] == (made or [])


DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG V=1
FROM base AS build
RUN make

FROM build
ENV A=b
RUN one && \\
    two
COPY --from=build /x /y
CMD ["y"]
"""


def test_lines_are_those_of_the_stages_that_the_last_one_continues() -> None:
    history = api("COPY / /", "RUN make", "ENV A=b", "RUN one && two", "COPY /x /y", 'CMD ["y"]')
    assert [step.line for step in steps(history, 4, DOCKERFILE)] == [None, 4, 7, 8, 10, 11]


@pytest.mark.parametrize("other", ["FROM x\nRUN make\nRUN other\n", "FROM x\n" + "RUN y\n" * 9, "", "FROM"])
def test_another_dockerfile_gives_no_lines(other: str) -> None:
    history = api("COPY / /", "RUN make", "ENV A=b")
    assert [step.line for step in steps(history, 2, other)] == [None] * 3

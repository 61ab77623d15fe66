"""Whatever is called an image gives an image or a clear error, in little memory, and nothing is written."""

from __future__ import annotations

import contextlib
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course.archive import open_image
from course.archive.cache import Cache
from course.archive.flow import Flow, unpacked
from course.archive.tar import members
from course.errors import CourseError
from tests.unit.archives import layout, oci, old_save, pack, sha, tar

LAYERS = [tar({"a/": b"", "a/b": b"x" * 700, "n" * 200: b""}), tar({"a/.wh.b": b""})]
SEEDS = [
    tar(layout(oci(LAYERS, "gzip"))),
    tar(layout(oci(LAYERS, "zstd"))),
    tar(old_save(LAYERS)),
    pack(tar(old_save(LAYERS)), "gzip"),
    pack(tar(layout(oci(LAYERS))), "zstd"),
]
Edit = tuple[str, int, bytes]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "put", "drop", "repeat"]), st.integers(0, 1 << 20), st.binary(max_size=40)
    ),
    min_size=1,
    max_size=4,
)


def edited(body: bytes, edits: list[Edit]) -> bytes:
    for how, where, what in edits:
        at = where % (len(body) + 1)
        if how == "cut":
            body = body[:at]
        elif how == "put":
            body = body[:at] + what + body[at + len(what) :]
        elif how == "drop":
            body = body[:at] + body[at + 1 + len(what) * 50 :]
        else:
            body = body[:at] + body[at - 512 :]
    return body


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(SEEDS), EDITS)
def test_a_damaged_file_gives_an_image_or_an_error_of_ours(
    tmp_path: Path, seed: bytes, edits: list[Edit]
) -> None:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    path = home / "image"
    path.write_bytes(edited(seed, edits))
    try:
        image = open_image(path, cache=Cache(tmp_path / "cache"))
    except CourseError:
        pass
    else:
        assert image.hidden_bytes + image.visible_bytes == image.tar_bytes
    assert [one.name for one in home.iterdir()] == ["image"]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000), EDITS)
def test_the_walk_over_headers_ends(noise: bytes, edits: list[Edit]) -> None:
    body = edited(LAYERS[0] + noise, edits)
    with contextlib.suppress(CourseError):
        assert sum(1 for _ in members(Flow([body]))) <= len(body) // 512


@given(st.binary(max_size=5000), st.integers(1, 999), st.sampled_from(["gzip", "zstd"]), st.booleans())
def test_unpacking_gives_back_what_was_packed(body: bytes, piece: int, how: str, twice: bool) -> None:
    packed = pack(body, how) * (1 + twice)
    pieces = [packed[n : n + piece] for n in range(0, len(packed), piece)]
    assert b"".join(map(bytes, unpacked(iter(pieces), how))) == body * (1 + twice)


@given(st.lists(st.binary(max_size=30), max_size=20), st.lists(st.integers(0, 60), max_size=20))
def test_a_flow_hands_out_each_byte_once(pieces: list[bytes], sizes: list[int]) -> None:
    flow, whole, at = Flow(pieces), b"".join(pieces), 0
    for size in sizes:
        assert flow.peek(size) == whole[at : at + size]
        assert flow.take(size) == whole[at : at + size]
        at = min(len(whole), at + size)
        assert flow.position == at
    flow.drain()
    assert flow.position == len(whole)


def zeros(count: int) -> Iterator[bytes]:
    yield from (bytes(1 << 20) for _ in range(count))


def bomb(how: str, megabytes: int) -> bytes:
    """A layer of one file of zeros, packed some thousand times smaller."""
    head = bytearray(tar({"zeros": b""})[:512])
    head[124:136] = b"%011o\0" % (megabytes << 20)
    head[148:156] = b"        "
    head[148:156] = b"%06o\0 " % sum(head)
    body = iter([bytes(head), *zeros(megabytes), bytes(1024)])
    if how == "zstd":
        machine = zstandard.ZstdCompressor(level=3).compressobj()
        return b"".join(machine.compress(piece) for piece in body) + machine.flush()
    return gzip.compress(b"".join(body), 6, mtime=0)


# VmHWM, not ru_maxrss: that one starts from what the process that made this one had, and hides a rise.
_ALONE = """\
import re, sys
from pathlib import Path
from course.archive import open_image
from course.archive.cache import Cache
def peak(): return int(re.search("VmHWM:\\\\s+(\\\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
image = open_image(sys.argv[1], cache=Cache(Path(sys.argv[2])))
print(image.tar_bytes, peak() - before)
"""


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_bomb_costs_no_memory(how: str, tmp_path: Path) -> None:
    layer = bomb(how, 300)
    config = json.dumps(
        {"rootfs": {"diff_ids": ["sha256:0"]}, "os": "linux", "architecture": "amd64"}
    ).encode()
    manifest = {"config": {"digest": f"sha256:{sha(config)}"}, "layers": [{"digest": f"sha256:{sha(layer)}"}]}
    said = json.dumps(manifest).encode()
    blobs = {f"blobs/sha256/{sha(one)}": one for one in (config, layer, said)}
    path = tmp_path / "bomb.tar"
    path.write_bytes(tar(layout((blobs, {"digest": f"sha256:{sha(said)}"}))))
    assert path.stat().st_size < 1_000_000
    command = [sys.executable, "-c", _ALONE, str(path), str(tmp_path / "cache")]
    size, grown = map(int, subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.split())
    assert size == 300 << 20
    assert grown < 30_000  # KiB

"""Image files of every shape give the same image, and what each layer lists is all there."""

from __future__ import annotations

import gzip
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from course.archive import open_image
from course.archive.cache import Cache
from course.errors import InputError, PlatformNotFound
from course.layers import Image, Layer
from tests.unit.archives import (
    LAYERS,
    LOWER,
    UPPER,
    file,
    folder,
    header,
    layout,
    nested,
    oci,
    old_save,
    pack,
    sha,
    symlinked,
    tar,
)

SHAPES: dict[str, Callable[[Path], Path]] = {
    "docker save up to 24": lambda tmp: file(symlinked(old_save(LAYERS)), tmp / "a.tar"),
    "the same in gzip": lambda tmp: file(pack(symlinked(old_save(LAYERS)), "gzip"), tmp / "a.tgz"),
    "the same in zstd": lambda tmp: file(pack(symlinked(old_save(LAYERS)), "zstd"), tmp / "a.tar.zst"),
    "OCI tar, gzip": lambda tmp: file(tar(layout(oci(LAYERS, "gzip"))), tmp / "a.tar"),
    "OCI tar, zstd": lambda tmp: file(tar(layout(oci(LAYERS, "zstd"))), tmp / "a.tar"),
    "OCI tar, plain": lambda tmp: file(tar(layout(oci(LAYERS, ""))), tmp / "a.tar"),
    "OCI tar in gzip": lambda tmp: file(pack(tar(layout(oci(LAYERS))), "gzip"), tmp / "a.tgz"),
    "OCI folder, gzip": lambda tmp: folder(layout(oci(LAYERS, "gzip")), tmp / "f"),
    "OCI folder, zstd": lambda tmp: folder(layout(oci(LAYERS, "zstd")), tmp / "f"),
    "index in an index": lambda tmp: file(tar(nested(oci(LAYERS))), tmp / "a.tar"),
    "members called ./…": lambda tmp: file(
        tar({f"./{name}": body for name, body in layout(oci(LAYERS)).items()}), tmp / "a.tar"
    ),
    "layers in GNU format": lambda tmp: file(tar(layout(oci(LAYERS)), tarfile.GNU_FORMAT), tmp / "a.tar"),
}


def facts(image: Image) -> list[tuple[object, ...]]:
    return [(one.entries, one.whiteouts, one.opaque, one.tar_bytes, one.diff_id) for one in image.layers]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_image(shape: str, tmp_path: Path, cache: Cache) -> None:
    path = SHAPES[shape](tmp_path)
    told: list[Layer] = []
    image = open_image(path, cache=cache, on_layer=told.append)
    plain = open_image(file(tar(old_save(LAYERS)), tmp_path / "plain.tar"), cache=Cache(tmp_path / "other"))
    assert facts(image) == facts(plain)
    assert [layer.instruction for layer in image.layers] == [f"RUN make {n}" for n in range(5)]
    assert [step.layer for step in image.history] == [0, 1, 2, 3, 4, None]
    assert (image.platform, image.config) == ("linux/amd64", {"Cmd": ["sh"]})
    assert [layer.entries for layer in told] == [layer.entries for layer in image.layers]
    assert facts(open_image(path, cache=cache)) == facts(plain)  # now from the cache


def test_what_a_layer_lists(tmp_path: Path, cache: Cache) -> None:
    image = open_image(file(tar(layout(oci(LAYERS))), tmp_path / "a.tar"), cache=cache)
    lower, upper, links, empty, again = image.layers
    assert [(one.path, one.kind, one.size) for one in lower.entries] == [
        ("etc", "dir", 0),
        ("etc/a", "file", 1000),
        ("etc/b", "file", 700),
        ("big", "file", 300_000),
    ]
    assert (upper.whiteouts, upper.opaque) == (("etc/b",), ("dir",))
    assert {one.path: (one.kind, one.target) for one in links.entries[:4]} == {
        "h": ("hardlink", "big"),
        "s": ("symlink", "../etc"),
        "p": ("fifo", ""),
        "n": ("device", ""),
    }
    assert os.fsencode(links.entries[4].path) == b"na\xffme"
    assert links.entries[5].path == "d" * 90 + "/" + "e" * 300
    assert empty.empty
    assert again.entries == lower.entries
    assert lower.compressed_bytes is not None
    assert lower.compressed_bytes < lower.tar_bytes < (lower.stream_bytes or 0) == len(LOWER)
    assert {one.compression for one in image.layers} == {"gzip"}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_formats(form: int, tmp_path: Path, cache: Cache) -> None:
    name = f"{'d' * 80}/{'n' * 90}"
    owner = tarfile.TarInfo("owned")
    owner.uid, owner.gid, owner.mode = 0o7777777, 54321, 0o4711
    layer = tar({name: b"x", "owned": owner}, form)
    found = open_image(file(tar(old_save([layer])), tmp_path / "a.tar"), cache=cache).layers[0].entries
    assert found[0].path == name
    assert (found[1].uid, found[1].gid, found[1].mode) == (0o7777777, 54321, 0o4711)


def test_large_owners_and_sizes_beyond_octal(tmp_path: Path, cache: Cache) -> None:
    owner = tarfile.TarInfo("owned")
    owner.uid = 3_000_000_000
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        layer = tar({"owned": owner}, form)
        image = open_image(file(tar(old_save([layer])), tmp_path / "a.tar"), cache=cache)
        assert image.layers[0].entries[0].uid == 3_000_000_000


def test_gzip_members_one_after_another(tmp_path: Path, cache: Cache) -> None:
    members, descriptor = oci([LOWER], "gzip")
    whole = pack(LOWER, "gzip")
    parts = b"".join(gzip.compress(LOWER[n : n + 50_000], mtime=0) for n in range(0, len(LOWER), 50_000))
    text = {name: body.replace(sha(whole).encode(), sha(parts).encode()) for name, body in members.items()}
    del text[f"blobs/sha256/{sha(whole)}"]
    text[f"blobs/sha256/{sha(parts)}"] = parts
    (manifest,) = (body for body in text.values() if b"schemaVersion" in body)
    text[f"blobs/sha256/{sha(manifest)}"] = manifest
    descriptor["digest"] = f"sha256:{sha(manifest)}"
    image = open_image(file(tar(layout((text, descriptor))), tmp_path / "a.tar"), cache=cache)
    assert image.layers[0].tar_bytes == 301_700


def test_several_platforms(tmp_path: Path, cache: Cache) -> None:
    one, two = oci([LOWER], platform="linux/amd64"), oci([UPPER], platform="linux/arm64")
    path = file(tar(nested(one, two)), tmp_path / "a.tar")
    assert open_image(path, platform="linux/arm64", cache=cache).layers[0].tar_bytes == 1200
    assert open_image(path, platform="arm64", cache=cache).platform == "linux/arm64"
    assert open_image(path, platform="amd64", cache=cache).layers[0].tar_bytes == 301_700
    with pytest.raises(PlatformNotFound, match=r"linux/amd64, linux/arm64") as caught:
        open_image(path, platform="linux/s390x", cache=cache)
    assert "--platform" in caught.value.hint


def test_a_platform_that_is_only_named(tmp_path: Path, cache: Cache) -> None:
    """As docker save writes it: the index lists all platforms, the archive holds one."""
    one, (_, absent) = oci([LOWER], platform="linux/amd64"), oci([UPPER], platform="linux/arm64")
    path = file(tar(nested(one, ({}, absent))), tmp_path / "a.tar")
    with pytest.raises(PlatformNotFound, match="Here are: linux/amd64"):
        open_image(path, platform="linux/arm64", cache=cache)


def test_several_images(tmp_path: Path, cache: Cache) -> None:
    path = file(tar(layout(oci([LOWER], name="one:1"), oci([UPPER], name="two:2"))), tmp_path / "a.tar")
    with pytest.raises(InputError, match="holds 2 images") as caught:
        open_image(path, cache=cache)
    assert "two:2" in caught.value.hint
    assert open_image(path, image="two:2", cache=cache).tar_bytes == 1200
    with pytest.raises(InputError, match="holds no image 'three'"):
        open_image(path, image="three", cache=cache)


def test_an_attestation_is_no_image(tmp_path: Path, cache: Cache) -> None:
    made = oci([LOWER])
    statement, note = oci([UPPER], platform="unknown/unknown")
    note["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
    image = open_image(file(tar(nested(made, (statement, note))), tmp_path / "a.tar"), cache=cache)
    assert image.tar_bytes == 301_700


def test_an_image_without_history(tmp_path: Path, cache: Cache) -> None:
    for history in ([], [{"created_by": "FROM elsewhere"}], None):
        path = file(tar(old_save([LOWER, UPPER], history=history)), tmp_path / "a.tar")
        image = open_image(path, cache=cache)
        assert [layer.instruction for layer in image.layers] == ["", ""]
        assert image.tar_bytes == 302_900


def test_absolute_paths_and_dots_stay_inside(tmp_path: Path, cache: Cache) -> None:
    layer = tar({"/etc/x": b"1", "./a/./b": b"22", "a/../c": b"3"})
    found = open_image(file(tar(old_save([layer])), tmp_path / "a.tar"), cache=cache)
    assert [entry.path for entry in found.layers[0].entries] == ["etc/x", "a/b", "c"]


def test_sparse_files_count_with_their_holes(tmp_path: Path, cache: Cache) -> None:
    """GNU's two ways to write one: the old header, and PAX."""
    old = bytearray(header(type=b"S", size=512))
    old[386:410] = b"%011o\0%011o\0" % (0, 512)
    old[483:495] = b"%011o\0" % 1_000_000
    old[148:156] = b"        "
    old[148:156] = b"%06o\0 " % sum(old)
    info = tarfile.TarInfo("GNUSparseFile.0/x")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "2000000", "GNU.sparse.name": "x"}
    info.size = 0
    for body, size in ((bytes(old) + bytes(512 + 1024), 1_000_000), (tar({"x": info}), 2_000_000)):
        image = open_image(file(tar(old_save([body])), tmp_path / "a.tar"), cache=cache)
        (entry,) = image.layers[0].entries
        assert (entry.path, entry.size, image.tar_bytes, entry.digest) == ("x", size, size, "")

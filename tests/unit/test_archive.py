"""Image files of every shape give the same image; what is no image, or a damaged one, gives a clear error."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from course.archive import limits, open_image
from course.archive.cache import Cache
from course.errors import CourseError, ImageDamaged, InputError, NotAnImage, PlatformNotFound
from course.layers import Image, Layer
from tests.unit.archives import (
    Members,
    config,
    layout,
    nested,
    oci,
    old_save,
    pack,
    sha,
    special,
    tar,
)

LOWER = tar({"etc/": b"", "etc/a": b"a" * 1000, "etc/b": b"b" * 700, "big": bytes(300_000)})
UPPER = tar({"etc/": b"", "etc/a": b"c" * 1200, "etc/.wh.b": b"", "dir/": b"", "dir/.wh..wh..opq": b""})
LINKS = tar(
    {
        "h": special("h", tarfile.LNKTYPE, "./big"),
        "s": special("s", tarfile.SYMTYPE, "../etc"),
        "p": special("p", tarfile.FIFOTYPE),
        "n": special("n", tarfile.CHRTYPE),
        "na\udcffme": b"x",
        "d" * 90 + "/" + "e" * 300: b"long",
    }
)
LAYERS = [LOWER, UPPER, LINKS, tar({}), LOWER]


def folder(members: Members, path: Path) -> Path:
    for name, body in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(body)
    return path


def file(body: bytes, path: Path) -> Path:
    path.write_bytes(body)
    return path


def symlinked(members: Members) -> bytes:
    """Layers that come twice as symlinks, as engines up to 24 save them."""
    known: dict[bytes, str] = {}
    made: dict[str, bytes | tarfile.TarInfo] = {}
    for name, body in members.items():
        made[name] = body
        if name.endswith("layer.tar") and body in known:
            made[name] = special(name, tarfile.SYMTYPE, f"../{known[body]}")
        known.setdefault(body, name)
    return tar(made)


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


def bad(text: str) -> Callable[[Path], Path]:
    return lambda tmp: file(text.encode(), tmp / "a.tar")


def layer_of(body: bytes) -> Callable[[Path], Path]:
    return lambda tmp: file(tar(old_save([body])), tmp / "a.tar")


def header(**fields: object) -> bytes:
    info = tarfile.TarInfo("x")
    for name, value in fields.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def wrong_digest(tmp: Path) -> Path:
    members, descriptor = oci([LOWER], "")
    name = f"blobs/sha256/{sha(LOWER)}"
    members[name] = LOWER.replace(b"aaaa", b"aaab", 1)
    return file(tar(layout((members, descriptor))), tmp / "a.tar")


def edited(change: Callable[[Members], object]) -> Callable[[Path], Path]:
    def make(tmp: Path) -> Path:
        members = layout(oci([LOWER]))
        change(members)
        return file(tar(members), tmp / "a.tar")

    return make


def blob(members: Members) -> str:
    return max(
        (name for name in members if name.startswith("blobs/")),
        key=lambda name: members[name][:2] == b"\x1f\x8b",
    )


GOOD = tar(layout(oci(LAYERS)))
BAD: dict[str, tuple[Callable[[Path], Path], type[CourseError], str]] = {
    "not there": (lambda tmp: tmp / "none.tar", InputError, "There is no file"),
    "a pipe": (lambda tmp: os.mkfifo(tmp / "p") or tmp / "p", InputError, "no regular file"),
    "empty": (bad(""), NotAnImage, "not an image"),
    "text": (bad("hello\n" * 500), NotAnImage, "not an image"),
    "another tar": (lambda tmp: file(LOWER, tmp / "a.tar"), NotAnImage, "no image's manifest"),
    "a folder of others": (lambda tmp: folder({"a": b"b"}, tmp / "f"), NotAnImage, "no image's manifest"),
    "bzip2": (lambda tmp: file(b"BZh91AY" + bytes(99), tmp / "a.tar"), NotAnImage, "packed with bzip2"),
    "gzip of text": (lambda tmp: file(pack(b"hello" * 999, "gzip"), tmp / "a.gz"), NotAnImage, "no tar file"),
    "gzip cut off": (
        lambda tmp: file(pack(GOOD, "gzip")[:-2000], tmp / "a.gz"), ImageDamaged, "ends in the middle",
    ),
    "gzip corrupt": (
        lambda tmp: file(pack(GOOD, "gzip")[:-8] + b"\xff" * 8, tmp / "a.gz"), ImageDamaged, "gzip data is",
    ),
    "zstd cut off": (
        lambda tmp: file(pack(symlinked(old_save(LAYERS)), "zstd")[:-400], tmp / "a"),
        ImageDamaged, "ends in the middle",
    ),
    "cut off": (
        lambda tmp: file(GOOD[: GOOD.index(b"index.json")], tmp / "a.tar"),
        ImageDamaged, "ends in the middle",
    ),
    "no manifest": (edited(lambda made: made.pop("index.json")), NotAnImage, "no image's manifest"),
    "manifest is no JSON": (
        edited(lambda made: made.update({"index.json": b"{"})), ImageDamaged, "is no JSON",
    ),
    "deep JSON": (
        edited(lambda made: made.update({"index.json": b"[" * 200_000})), ImageDamaged, "is no JSON",
    ),
    "manifest of wrong kinds": (
        edited(lambda made: made.update({"index.json": b'{"manifests": [1, {"digest": 2}]}'})),
        NotAnImage, "manifest",
    ),
    "a layer missing": (edited(lambda made: made.pop(blob(made))), ImageDamaged, "lacks a layer"),
    "a layer cut off": (
        edited(lambda made: made.update({blob(made): made[blob(made)][:-30]})),
        ImageDamaged, "ends in the middle",
    ),
    "a layer with a wrong digest": (wrong_digest, ImageDamaged, "not those of its digest"),
    "a layer that is no tar": (layer_of(b"hello" * 999), NotAnImage, "no tar file"),
    "a layer of another diff ID": (
        lambda tmp: file(tar(old_save([LOWER], rootfs=config([UPPER])["rootfs"])), tmp / "a.tar"),
        ImageDamaged, "not those of its diff ID",
    ),
    "fewer layers than told": (
        lambda tmp: file(tar(old_save([LOWER], rootfs={"diff_ids": []})), tmp / "a.tar"),
        ImageDamaged, "lists 1",
    ),
    "out of the image": (layer_of(tar({"../../etc/passwd": b"x"})), ImageDamaged, "leads out of the image"),
    "out by a detour": (layer_of(tar({"a/../../b": b"x"})), ImageDamaged, "leads out of the image"),
    "out by a hard link": (
        layer_of(tar({"x": special("x", tarfile.LNKTYPE, "../../etc/passwd")})), ImageDamaged, "leads out",
    ),
    "an absurd size": (layer_of(header(size=1 << 60) + bytes(1024)), ImageDamaged, "claims to hold"),
    "a size that isn't there": (layer_of(header(size=9999) + bytes(512)), ImageDamaged, "ends in the middle"),
    "an absurd header": (
        layer_of(header(type=tarfile.XHDTYPE, size=1 << 40) + bytes(1024)), ImageDamaged, "a header claims",
    ),
    "a path beyond all measure": (layer_of(tar({"x/" * 3000: b""})), ImageDamaged, "longer than 4,096"),
    "a whiteout of nothing": (layer_of(tar({"a/.wh...": b""})), ImageDamaged, "whiteout of nothing"),
    "an extended header without sense": (
        layer_of(header(type=tarfile.XHDTYPE, size=9) + b"999 a=b\n".ljust(512, b"\0")),
        ImageDamaged, "no sense",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_image_or_a_damaged_one_says_so(case: str, tmp_path: Path, cache: Cache) -> None:
    make, kind, words = BAD[case]
    with pytest.raises(kind, match=words) as caught:
        open_image(make(tmp_path), cache=cache)
    assert isinstance(caught.value, CourseError)
    assert "\n" not in str(caught.value)
    assert not any(cache.folder.glob("layer-*")) or "cut off" in case or "lacks" in words


def test_absolute_paths_and_dots_stay_inside(tmp_path: Path, cache: Cache) -> None:
    layer = tar({"/etc/x": b"1", "./a/./b": b"22", "a/../c": b"3"})
    found = open_image(file(tar(old_save([layer])), tmp_path / "a.tar"), cache=cache)
    assert [entry.path for entry in found.layers[0].entries] == ["etc/x", "a/b", "c"]


def test_a_layout_that_points_out_of_its_folder(tmp_path: Path, cache: Cache) -> None:
    members = old_save([LOWER])
    (tmp_path / "secret").write_bytes(LOWER)
    manifest = json.loads(members["manifest.json"])
    manifest[0]["Layers"] = ["../secret"]
    members["manifest.json"] = json.dumps(manifest).encode()
    with pytest.raises(ImageDamaged, match="lacks a layer"):
        open_image(folder(members, tmp_path / "f"), cache=cache)
    (tmp_path / "f/escape").symlink_to(tmp_path / "secret")
    manifest[0]["Layers"] = ["escape"]
    (tmp_path / "f/manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ImageDamaged, match="lacks a layer"):
        open_image(tmp_path / "f", cache=cache)


def test_more_files_than_any_image_has(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ENTRIES", 50)
    layer = tar({f"f{n}": b"" for n in range(51)})
    with pytest.raises(ImageDamaged, match="more than 50 files"):
        open_image(file(tar(old_save([layer])), tmp_path / "a.tar"), cache=cache)


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

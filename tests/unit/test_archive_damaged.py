"""What is no image, or a damaged one, gives a clear error."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from course.archive import limits, open_image
from course.archive.cache import Cache
from course.errors import CourseError, ImageDamaged, InputError, NotAnImage
from tests.unit.archives import (
    LAYERS,
    LOWER,
    UPPER,
    Members,
    config,
    file,
    folder,
    header,
    layout,
    oci,
    old_save,
    pack,
    sha,
    special,
    symlinked,
    tar,
)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def bad(text: str) -> Callable[[Path], Path]:
    return lambda tmp: file(text.encode(), tmp / "a.tar")


def layer_of(body: bytes) -> Callable[[Path], Path]:
    return lambda tmp: file(tar(old_save([body])), tmp / "a.tar")


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

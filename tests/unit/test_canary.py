"""A canary is found plain and wrapped, in contents, names, links, attributes and documents."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from checkers.canary import Budget, Canary, Find, TooMuchInside, finds
from checkers.canary.budget import DEPTH
from checkers.canary.look import look
from checkers.canary.secret import for_word
from checkers.canary.spool import PIECE
from course.archive import open_image
from course.archive.contents import in_archive
from tests.unit.archives import layout, oci, old_save, special, tar

CANARY = for_word("0123abcd")
SECRET = CANARY.value.encode()


def zipped(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a/b.txt", content)
    return target.getvalue()


def escaped(content: bytes) -> bytes:
    return "".join(f"%{byte:02X}" for byte in content).encode()


WRAP: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "base64": (base64.b64encode, "base64"),
    "base64 for addresses": (base64.urlsafe_b64encode, "base64"),
    "base64 in lines": (base64.encodebytes, "base64"),
    "base64 without padding": (lambda content: base64.b64encode(content).rstrip(b"="), "base64"),
    "base64 backwards": (lambda content: base64.b64encode(content)[::-1], "base64, backwards"),
    "base32": (base64.b32encode, "base32"),
    "base32 in small letters": (lambda content: base64.b32encode(content).lower(), "base32"),
    "digits": (lambda content: content.hex().encode(), "hexadecimal digits"),
    "large digits": (base64.b16encode, "hexadecimal digits"),
    "digits with colons": (lambda content: content.hex(":").encode(), "hexadecimal digits"),
    "escaped for an address": (lambda content: quote(content, safe="").encode(), "%XX"),
    "all escaped": (escaped, "%XX"),
    "UTF-16": (lambda content: content.decode("latin-1").encode("utf-16-le"), "letters of two bytes"),
    "UTF-16, high byte first": (
        lambda content: content.decode("latin-1").encode("utf-16-be"),
        "letters of two bytes",
    ),
    "gzip": (gzip.compress, "gzip"),
    "zlib": (zlib.compress, "zlib"),
    "bzip2": (bz2.compress, "bzip2"),
    "xz": (lzma.compress, "xz"),
    "zstd": (zstandard.ZstdCompressor().compress, "zstd"),
    "zip": (zipped, "zip"),
}
PACKED = ("gzip", "zlib", "bzip2", "xz", "zstd", "zip")


def test_a_canary_is_the_attempt_s_own_and_keeps_to_itself() -> None:
    assert for_word("0123abcd") == CANARY != for_word("0123abce")
    assert len(CANARY.value) == 48
    assert CANARY.value not in repr(CANARY)
    assert CANARY.proof("a") != CANARY.proof("b")


@pytest.mark.parametrize("name", WRAP)
def test_each_wrapping_is_seen_through_and_named(name: str) -> None:
    wrap, said = WRAP[name]
    # Among letters by chance, which have a code of bits each: a short text is stored as it is.
    content = base64.b16encode(os.urandom(5000)) + b"token=" + SECRET + b"\n"
    found = look(wrap(content), CANARY, Budget())
    assert found is not None
    assert found == (said,)


def test_a_wrapping_that_hides_nothing_is_plain() -> None:
    assert look(b"x" + SECRET, CANARY, Budget()) == ()
    assert look(b"x" + SECRET[::-1], CANARY, Budget()) == ("backwards",)
    assert look(SECRET[:24], CANARY, Budget()) == (), "half of it is too much"
    assert look(tar({"a": SECRET}), CANARY, Budget()) == ()


@pytest.mark.parametrize("inner", WRAP)
@pytest.mark.parametrize("outer", ["gzip", "base64", "zip", "digits", "base32"])
def test_one_in_the_other(inner: str, outer: str) -> None:
    content = WRAP[outer][0](WRAP[inner][0](b'{"token": "' + SECRET + b'"}'))
    assert look(content, CANARY, Budget()) is not None


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.sampled_from([name for name in WRAP if not name.startswith("UTF-16")]),
)
def test_whatever_stands_around_it_inside(before: bytes, after: bytes, name: str) -> None:
    assert look(WRAP[name][0](before + SECRET + after), CANARY, Budget()) is not None


@settings(max_examples=60, deadline=None)
@given(st.text("abcXYZ019/= :\n", max_size=30), st.sampled_from([name for name in WRAP if name != "zlib"]))
def test_whatever_stands_around_it_outside(before: str, name: str) -> None:
    text = before.encode() + WRAP[name][0](b"login " + SECRET) + b"\n; the end"
    assert look(text, CANARY, Budget()) is not None


@settings(max_examples=40, deadline=None)
@given(st.integers(-60, 10), st.sampled_from(["plain", *WRAP]))
def test_across_the_borders_of_pieces(shift: int, name: str) -> None:
    wrap = WRAP[name][0] if name in WRAP else bytes
    filler = b"Lorem ipsum. " * (PIECE // 13 + 1)
    content = filler[: PIECE + shift] + wrap(SECRET) + filler[:100]
    if name != "zlib":  # recognised at a file's beginning only
        assert look(content, CANARY, Budget()) is not None
    assert look(gzip.compress(content), CANARY, Budget()) is not None or name == "zlib"


@pytest.mark.parametrize("name", PACKED)
def test_what_comes_before_a_damage_is_looked_at(name: str) -> None:
    noise = os.urandom(300_000)
    packed = WRAP[name][0](SECRET + noise)
    if name == "bzip2":  # its blocks are 900 kB, and whole or nothing
        packed = bz2.compress(SECRET + os.urandom(2_000_000))
    for broken in (packed[: len(packed) * 3 // 4], packed[: len(packed) * 3 // 4] + b"\xff" * 70_000):
        assert look(broken, CANARY, Budget()) is not None


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=3000))
def test_noise_is_no_canary(noise: bytes) -> None:
    for content in (
        noise,
        base64.b64encode(noise),
        gzip.compress(noise),
        noise.hex().encode(),
        escaped(noise),
    ):
        assert look(content, CANARY, Budget()) is None


@pytest.mark.parametrize("space", [b"\f", b"\v", b"\r\n", b" \t"])
@pytest.mark.parametrize("text", [b"Qm" * 20, b"A" * 25, b"abcd" * 8])
def test_words_that_a_page_break_parts(text: bytes, space: bytes) -> None:
    assert look(text + space + b"ABCDEFGHI", CANARY, Budget()) is None
    assert look(text + space + base64.b64encode(SECRET * 2), CANARY, Budget()) is not None


def test_another_canary_and_a_proof_are_not_this_one() -> None:
    other = for_word("ffff0000")
    text = f"{other.value} {CANARY.proof('x')}".encode()
    assert look(text, CANARY, Budget()) is None


def nested(depth: int) -> bytes:
    content = SECRET
    for turn in range(depth):
        content = gzip.compress(content) if turn % 2 else base64.b64encode(b"x" + content)
    return content


def test_wrappings_are_taken_off_to_a_depth() -> None:
    assert look(nested(DEPTH), CANARY, Budget()) is not None
    assert look(nested(DEPTH + 1), CANARY, Budget()) is None


@pytest.mark.parametrize(
    "bomb",
    [
        gzip.compress(bytes(40_000_000)),
        bz2.compress(bytes(40_000_000)),
        lzma.compress(bytes(40_000_000)),
        zstandard.ZstdCompressor().compress(bytes(40_000_000)),
        zipped(bytes(40_000_000)),
        gzip.compress(b"QUJD" * 3_000_000),
        gzip.compress(gzip.compress(bytes(5_000_000)) * 12),
    ],
    ids=["gzip", "bzip2", "xz", "zstd", "zip", "base64 in gzip", "many"],
)
def test_a_bomb_is_not_unpacked(bomb: bytes) -> None:
    with pytest.raises(TooMuchInside, match="more than 20 MiB"):
        look(bomb, CANARY, Budget(20 << 20, largest=1 << 30))


def test_one_thing_has_a_limit_of_its_own_and_so_has_their_number() -> None:
    with pytest.raises(TooMuchInside, match="one file of it"):
        look(gzip.compress(bytes(3_000_000)), CANARY, Budget(largest=1 << 20))
    with pytest.raises(TooMuchInside, match="too many"):
        look(gzip.compress(b"nothing to see here") * 50, CANARY, Budget(views=20))


# In images -------------------------------------------------------------------------------------------------


def attributed(name: str, value: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.pax_headers = {"SCHILY.xattr.user.note": value.decode()}
    return info


def searched(archive: bytes, tmp_path: Path, canary: Canary = CANARY) -> list[Find]:
    """What is found in the bytes of an archive."""
    file = tmp_path / "image.tar"
    file.write_bytes(archive)
    image = open_image(file, image="test:1")
    return list(finds(in_archive(iter([archive])), image, canary, Budget()))


PLACES = {
    "content": (tar({"root/.netrc": b"password " + SECRET}), "its content", "/root/.netrc"),
    "name": (tar({f"tmp/{CANARY.value}": b""}), "its name", f"/tmp/{CANARY.value}"),
    "folder": (tar({f"tmp/{CANARY.value}/": b""}), "its name", f"/tmp/{CANARY.value}"),
    "link": (
        tar({"etc/pass": special("etc/pass", tarfile.SYMTYPE, f"/run/{CANARY.value}")}),
        "its link",
        "/etc/pass",
    ),
    "attribute": (tar({"app/note": attributed("app/note", SECRET)}), "an attribute of it", "/app/note"),
    "attribute in base64": (
        tar({"app/note": attributed("app/note", base64.b64encode(SECRET))}),
        "an attribute of it",
        "/app/note",
    ),
}


@pytest.mark.parametrize("how", ["gzip", "zstd", ""])
@pytest.mark.parametrize("name", PLACES)
def test_places_in_layers(tmp_path: Path, name: str, how: str) -> None:
    layer, where, path = PLACES[name]
    archive = tar(layout(oci([tar({"bin/sh": b"x" * 600}), layer], how)))
    (one,) = searched(archive, tmp_path)
    assert (one.where, one.path, one.hidden) == (where, path, False)
    assert one.layer is not None
    assert (one.layer.index, one.layer.instruction) == (1, "RUN make 1")


def test_a_file_that_a_later_layer_hides(tmp_path: Path) -> None:
    layers = [tar({"app/token": SECRET}), tar({"app/.wh.token": b""})]
    (one,) = searched(tar(layout(oci(layers))), tmp_path)
    assert one.hidden
    assert one.layer is not None
    assert one.layer.index == 0
    layers = [tar({f"app/{CANARY.value}": b""}), tar({f"app/.wh.{CANARY.value}": b""})]
    assert [one.hidden for one in searched(tar(layout(oci(layers))), tmp_path)] == [True, True]


def test_an_archive_of_an_old_engine(tmp_path: Path) -> None:
    layer = tar({"app/token": base64.b64encode(SECRET)})
    (one,) = searched(tar(old_save([tar({"a": b"1" * 600}), layer])), tmp_path)
    assert (one.path, one.how) == ("/app/token", "base64")


CONFIGURED = {
    "Env": ["PATH=/bin", f"TOKEN={CANARY.value}"],
    "Labels": {"note": base64.b64encode(SECRET).decode()},
    "Healthcheck": {"Test": ["CMD", "wget", f"http://x/?t={CANARY.value}"]},
    "Cmd": ["app", CANARY.value],
}


@pytest.mark.parametrize("key", CONFIGURED)
def test_places_in_the_configuration(tmp_path: Path, key: str) -> None:
    archive = tar(layout(oci([tar({"a": b""})], config={"Cmd": ["sh"], key: CONFIGURED[key]})))
    (one,) = searched(archive, tmp_path)
    assert (one.document, one.where, one.layer) == ("configuration", key, None)


def test_a_label_s_name(tmp_path: Path) -> None:
    archive = tar(layout(oci([tar({"a": b""})], config={"Labels": {CANARY.value: "x"}})))
    assert [one.where for one in searched(archive, tmp_path)] == ["Labels"]


def test_the_history_says_which_step(tmp_path: Path) -> None:
    history = [
        {"created_by": f"RUN |1 TOKEN={CANARY.value} /bin/sh -c make # buildkit"},
        {"created_by": "CMD x", "empty_layer": True},
    ]
    (one,) = searched(tar(layout(oci([tar({"a": b""})], history=history))), tmp_path)
    assert (one.document, one.where, one.index) == ("history", "created_by", 0)


def test_another_document_and_one_that_is_none(tmp_path: Path) -> None:
    members = layout(oci([tar({"a": b""})]))
    made = {"blobs/sha256/" + "a" * 64: json.dumps({"args": {"x": CANARY.value}}).encode(), **members}
    (one,) = searched(tar(made), tmp_path)
    assert (one.document[:12], one.where) == ("blobs/sha256", "args.x")
    made = {"blobs/sha256/" + "a" * 64: b"{ no json " + SECRET, **members}
    assert [one.where for one in searched(tar(made), tmp_path)] == ["its content"]


def test_layers_that_were_there_before_are_passed_over() -> None:
    below, own = tar({"a": SECRET}), tar({"b": SECRET})
    members, descriptor = oci([below, own], "")
    digest = next(f"sha256:{name.rpartition('/')[2]}" for name, body in members.items() if body == below)
    files = list(in_archive(iter([tar(layout((members, descriptor)))]), frozenset({digest})))
    assert [one.member.name for one in files if hasattr(one, "member")] == [b"b"]


def test_a_large_file_is_looked_at_without_holding_it(tmp_path: Path) -> None:
    content = os.urandom(1 << 20) * 9 + base64.b64encode(SECRET)
    (one,) = searched(tar(layout(oci([tar({"big": content})]))), tmp_path)
    assert (one.path, one.how) == ("/big", "base64")

"""Contexts as they come: links in circles, sockets, devices, what can't be read, and far too much of it."""

from __future__ import annotations

import codecs
import io
import os
import socket
import stat
import tarfile
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.build.context import pack
from course.build.survey import MANY_BYTES, MANY_FILES, survey
from course.errors import ContextError
from course.trace import ContextFile


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A context that every user may enter: pytest's folders are their owner's alone."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        context = Path(place)
        context.chmod(0o755)
        (context / "Dockerfile").write_text("FROM scratch\n")
        yield context


def unpacked(context: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(pack(context)))) as tar:
        return {member.name: member for member in tar}


def test_links_are_sent_as_links_also_in_circles(context: Path) -> None:
    (context / "a").symlink_to("b")
    (context / "b").symlink_to("a")
    (context / "up").symlink_to("..")
    (context / "self").symlink_to(".")
    sent = unpacked(context)
    assert {name: member.linkname for name, member in sent.items() if member.issym()} == {
        "a": "b",
        "b": "a",
        "up": "..",
        "self": ".",
    }


def test_sockets_pipes_and_devices_are_left_out_and_counted(context: Path) -> None:
    os.mkfifo(context / "pipe")
    special = {"pipe", "socket"}
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(context / "socket"))
        if os.geteuid() == 0:
            os.mknod(context / "device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
            special |= {"device"}
        assert set(survey(context).skipped) == special
        assert set(unpacked(context)) == {"Dockerfile"}


@pytest.mark.parametrize("name", ["secret", "folder"])
def test_what_cannot_be_read_is_named(open_folder: Path, name: str) -> None:
    context = open_folder
    if name == "folder":
        (context / name).mkdir(mode=0o000)
    else:
        (context / name).write_text("x")
        (context / name).chmod(0o000)
    root = os.geteuid() == 0
    codecs.lookup("utf-8-sig")  # while Python's own files can be read: nobody's eyes may not reach them
    if root:
        os.seteuid(65534)  # root can read everything
    try:
        with pytest.raises(ContextError, match=f"{name}: Permission denied") as caught:
            list(pack(context))
        assert ".dockerignore" in caught.value.hint
    finally:
        if root:
            os.seteuid(0)
        (context / name).chmod(0o700)


def test_what_is_ignored_need_not_be_readable(context: Path) -> None:
    (context / "secret").write_text("x")
    (context / "secret").chmod(0o000)
    (context / ".dockerignore").write_text("secret\n")
    assert "secret" not in unpacked(context)


def test_the_inventory_holds_content_and_mode_but_no_time(context: Path) -> None:
    (context / "file").write_text("x")
    (context / "file").chmod(0o640)
    (context / "other").hardlink_to(context / "file")
    (context / "link").symlink_to("file")
    (context / "folder").mkdir()
    body = pack(context)
    sent = b"".join(body)
    first = dict(body.inventory)
    assert first["file"] == first["other"]
    assert first["file"].mode == stat.S_IFREG | 0o640
    assert first["link"] == ContextFile("-> file", stat.S_IFLNK | 0o777)
    assert stat.S_ISDIR(first["folder"].mode)
    os.utime(context / "file", (1, 1))
    again = pack(context)
    assert b"".join(again) != sent
    assert again.inventory == first
    with tarfile.open(fileobj=io.BytesIO(sent)) as tar:
        assert tar.getmember("other").islnk()


def test_names_of_any_bytes_and_any_length(context: Path) -> None:
    odd = os.fsdecode(b"\xff\xfe")
    (context / odd).write_text("x")
    deep = context
    for _ in range(12):
        deep /= "long" * 12
        deep.mkdir()
    (deep / "end").write_text("y")
    body = pack(context)
    with tarfile.open(fileobj=io.BytesIO(b"".join(body))) as tar:
        assert odd in tar.getnames()
        assert any(name.endswith("/end") for name in tar.getnames())
    assert "\\xff\\xfe" in body.inventory


def test_a_file_that_shrinks_while_it_is_sent_is_said(context: Path) -> None:
    (context / "log").write_bytes(bytes(100_000))
    body = pack(context)
    (context / "log").write_bytes(b"")
    with pytest.raises(ContextError, match="log became shorter"):
        list(body)


def test_five_gigabytes_are_announced_and_need_no_memory(context: Path) -> None:
    with (context / "data.bin").open("wb") as file:
        file.truncate(5 * 10**9)  # sparse: it takes no room
    (context / "small.txt").write_text("x")
    found = survey(context)
    assert found.bytes >= 5 * 10**9
    assert "5.0 GB in 3 files. The largest: data.bin (5.0 GB)" in found.warning()
    assert ".dockerignore" in found.warning()
    body = iter(pack(context))
    tracemalloc.start()
    assert sum(len(next(body)) for _ in range(200)) > 200 * 1_000_000
    assert tracemalloc.get_traced_memory()[1] < 20 * 1_000_000
    tracemalloc.stop()


def test_very_many_files_are_announced_with_their_folder(context: Path) -> None:
    (context / "node_modules").mkdir()
    for number in range(MANY_FILES):
        (context / "node_modules" / str(number)).touch()
    warning = survey(context).warning()
    assert f"{MANY_FILES + 1:,} of them in node_modules" in warning


def test_an_ordinary_context_is_not_remarked_upon(context: Path) -> None:
    (context / "file").write_bytes(bytes(1000))
    assert survey(context).warning() == ""
    assert MANY_BYTES > 10**8

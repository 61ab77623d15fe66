"""Reading along on BuildKit's channel: what is found, and that nothing unexpected breaks it."""

from __future__ import annotations

import contextlib

import pytest
from hpack import Encoder
from hyperframe.frame import ContinuationFrame, DataFrame, HeadersFrame, SettingsFrame
from hypothesis import given
from hypothesis import strategies as st

from course.engine.gateway.buildkit import FromClient, FromEngine, NotUnderstood, exported_names

MAGIC = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SOLVE = "/moby.buildkit.v1.Control/Solve"
DIGEST = b"sha256:" + b"a" * 64


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def exporter(**attributes: str) -> bytes:
    pairs = b"".join(field(2, field(1, k.encode()) + field(2, v.encode())) for k, v in attributes.items())
    return field(13, field(1, b"moby") + pairs)


def solve(*exporters: bytes) -> bytes:
    message = field(1, b"ref") + varint(11 << 3) + b"\x01" + b"".join(exporters)
    return b"\x00" + len(message).to_bytes(4, "big") + message


def headers(encoder: Encoder, stream: int, path: str) -> bytes:
    frame = HeadersFrame(
        stream, encoder.encode([(":method", "POST"), (":path", path)]), flags=["END_HEADERS"]
    )
    return frame.serialize()


def conversation(message: bytes) -> bytes:
    encoder = Encoder()
    return b"".join(
        (
            MAGIC,
            SettingsFrame(0).serialize(),
            headers(encoder, 1, "/moby.buildkit.v1.Control/ListWorkers"),
            DataFrame(1, b"\x00\x00\x00\x00\x00", flags=["END_STREAM"]).serialize(),
            headers(encoder, 3, SOLVE),
            DataFrame(3, message[:7]).serialize(),
            headers(encoder, 5, "/moby.buildkit.v1.Control/Status"),
            DataFrame(3, message[7:], flags=["END_STREAM"]).serialize(),
            headers(encoder, 7, SOLVE),  # by the table that the first one filled
            DataFrame(7, solve(exporter(name="second:2")), flags=["END_STREAM"]).serialize(),
        )
    )


@given(cuts=st.lists(st.integers(1, 50), max_size=30))
def test_the_tags_of_a_solve_are_found_however_it_is_cut(cuts: list[int]) -> None:
    data = conversation(solve(exporter(name="docker.io/library/web:1,me/other"), exporter(push="true")))
    reader, at = FromClient(), 0
    for size in [*cuts, len(data)]:
        reader.look(data[at : at + size])
        at += size
    assert reader.asked == [(3, ["web:1", "me/other:latest"]), (7, ["second:2"])]
    assert reader.solves == {}


def test_headers_in_two_frames() -> None:
    block = Encoder().encode([(":path", SOLVE)])
    reader = FromClient()
    reader.look(MAGIC + HeadersFrame(1, block[:3]).serialize())
    reader.look(ContinuationFrame(1, block[3:], flags=["END_HEADERS"]).serialize())
    assert list(reader.solves) == [1]


@given(cuts=st.lists(st.integers(1, 50), max_size=30))
def test_the_end_of_a_solve_and_its_digest(cuts: list[int]) -> None:
    answer = field(1, field(1, b"containerimage.digest") + field(2, DIGEST))
    data = b"".join(
        (
            SettingsFrame(0).serialize(),
            DataFrame(1, b"x" * 40_000, flags=["END_STREAM"]).serialize(),
            DataFrame(3, b"\x00\x00\x00\x00\x00" + answer).serialize(),
            HeadersFrame(3, b"\x88", flags=["END_HEADERS", "END_STREAM"]).serialize(),
        )
    )
    reader, at = FromEngine(), 0
    reader.waiting[3] = bytearray()
    for size in [*cuts, len(data)]:
        reader.look(data[at : at + size])
        at += size
    assert reader.ended == [(3, {DIGEST.decode()})]


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: something else\r\n\r\n",
        MAGIC + HeadersFrame(1, b"\xff" * 40, flags=["END_HEADERS"]).serialize(),
        MAGIC + b"\xff\xff\xff\x01\x04\x00\x00\x00\x01",
        conversation(b"\x01" + solve(exporter(name="x"))[1:]),  # compressed
        conversation(b"\x00\x00\x00\x00\x02\x6a\x7f"),  # a field longer than the message
    ],
)
def test_what_is_not_understood_says_so(data: bytes) -> None:
    with pytest.raises(NotUnderstood):
        FromClient().look(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_names_or_not_understood(message: bytes) -> None:
    with contextlib.suppress(NotUnderstood):
        assert isinstance(exported_names(message), list)


def test_names_of_older_clients() -> None:
    attributes = field(4, field(1, b"name") + field(2, b"old:1"))
    assert exported_names(field(3, b"image") + attributes) == ["old:1"]


def test_frames_that_are_not_wanted_are_not_kept() -> None:
    reader = FromClient()
    reader.look(MAGIC + headers(Encoder(), 1, "/other"))
    for _ in range(100):
        reader.look(DataFrame(1, b"x" * 16_384).serialize())
    assert len(reader._held) < 32

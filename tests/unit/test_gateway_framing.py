"""Where bodies end, however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.engine.gateway.framing import Chunked, Framing, Length, UntilClose
from course.engine.gateway.heads import head_end, parse_request, parse_response
from course.errors import GatewayError


def chunked(pieces: list[bytes], extension: bytes = b"", trailer: bytes = b"") -> bytes:
    body = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces if piece)
    return body + b"0\r\n" + trailer + b"\r\n"


def feed(framing: Framing, data: bytes, cuts: list[int]) -> int:
    """Feeds it in pieces; how many bytes belonged to the body."""
    used, at = 0, 0
    for size in [*cuts, len(data)]:
        piece = data[at : at + size]
        if not piece or framing.done:
            break
        step = framing.feed(memoryview(piece))
        used += step
        at += len(piece)
        if step < len(piece):
            break
    return used


@given(
    pieces=st.lists(st.binary(max_size=200), max_size=8),
    cuts=st.lists(st.integers(1, 60), max_size=40),
    extension=st.sampled_from([b"", b";a=b", b'; quoted="0"']),
    trailer=st.sampled_from([b"", b"X-Sum: 1\r\n", b"A: b\r\nC: d\r\n"]),
)
def test_a_chunked_body_ends_where_it_ends(
    pieces: list[bytes], cuts: list[int], extension: bytes, trailer: bytes
) -> None:
    body = chunked(pieces, extension, trailer)
    framing = Chunked()
    seen = bytearray()
    framing.sink = seen.extend
    assert feed(framing, body + b"HTTP/1.1 200 OK", cuts) == len(body)
    assert framing.done
    assert framing.end()
    assert bytes(seen) == b"".join(pieces)
    assert framing.payload == len(seen)


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_a_chunked_body_that_stops_is_not_complete(cut: int) -> None:
    framing = Chunked()
    framing.feed(memoryview(chunked([b"hello"])[:-cut]))
    assert not framing.done
    assert not framing.end()


@pytest.mark.parametrize("line", [b"zz\r\n", b"\r\n", b"-5\r\n", b"0x5\r\n", b"1_0\r\n", b"5" * 20_000])
def test_a_size_that_is_none_is_refused(line: bytes) -> None:
    framing = Chunked()
    with pytest.raises(GatewayError):
        feed(framing, line, [64] * 400)


@given(size=st.integers(0, 500), cuts=st.lists(st.integers(1, 60), max_size=20))
def test_a_length_ends_exactly(size: int, cuts: list[int]) -> None:
    framing = Length(size)
    assert feed(framing, b"x" * size + b"next", cuts) == size
    assert framing.done


def test_until_close_takes_everything() -> None:
    framing = UntilClose()
    assert framing.feed(memoryview(b"abc")) == 3
    assert not framing.done
    assert framing.end()
    assert framing.done


@pytest.mark.parametrize(
    ("answer", "method", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", Length),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", Chunked),
        (b"HTTP/1.1 200 OK\r\n\r\n", "GET", UntilClose),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", Length),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "POST", Length),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", Length),
    ],
)
def test_the_head_says_how_the_body_ends(answer: bytes, method: str, kind: type) -> None:
    request = parse_request(f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    framing = parse_response(answer, request).body(method)
    assert isinstance(framing, kind)
    assert framing.done == (method == "HEAD" or b" 204" in answer or b" 304" in answer)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/v1.51/containers/json?all=1", "/containers/json", "all=1"),
        ("/containers/json", "/containers/json", ""),
        ("/v1.9/images/a%2Fb:1/json", "/images/a/b:1/json", ""),
        ("/version", "/version", ""),
        ("/v1/x", "/v1/x", ""),
    ],
)
def test_paths_come_without_the_version(target: str, path: str, query: str) -> None:
    request = parse_request(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (request.path, request.query_text) == (path, query)


def test_an_altered_request_is_framed_anew() -> None:
    raw = (
        b"POST /a?x=1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
        b"X-Registry-Auth: secret\r\n\r\n"
    )
    altered = parse_request(parse_request(raw).altered("/a?x=2", b"{}").raw)
    assert altered.target == "/a?x=2"
    assert altered.header(b"content-length") == b"2"
    assert altered.header(b"transfer-encoding") == b""
    assert altered.header(b"expect") == b""
    assert altered.header(b"x-registry-auth") == b"secret"


def test_a_head_is_complete_or_not() -> None:
    assert head_end(b"GET / HTTP/1.1\r\n\r") == 0
    assert head_end(b"GET / HTTP/1.1\r\n\r\nrest") == 18

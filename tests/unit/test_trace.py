"""The decoder and the model, on hand-made messages and on random bytes."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.trace import Build, Recorder, Vertex
from course.trace.wire import LogUpdate, StatusResponse, VertexUpdate, WarningUpdate, WireError, decode


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def timestamp(seconds: int, nanos: int) -> bytes:
    return field(1, seconds) + field(2, nanos)


def test_decode_reads_every_kind_of_update() -> None:
    vertex = (
        field(1, "sha256:a")
        + field(2, "sha256:b")
        + field(3, "[1/2] RUN x")
        + field(4, 1)
        + field(5, timestamp(10, 500_000_000))
        + field(6, timestamp(12, 0))
        + field(7, "boom")
    )
    log = field(1, "sha256:a") + field(3, 2) + field(4, b"\xffhello")
    position = field(1, field(1, 7) + field(2, 0))
    warning = (
        field(1, "sha256:a")
        + field(3, "short")
        + field(4, "why")
        + field(5, "https://x")
        + field(7, position)
    )
    response = decode(field(1, vertex) + field(3, log) + field(4, warning) + field(99, 3))
    assert response.vertices == (
        VertexUpdate("sha256:a", "[1/2] RUN x", ("sha256:b",), True, 10.5, 12.0, "boom"),
    )
    assert response.logs == (LogUpdate("sha256:a", 2, b"\xffhello"),)
    assert response.warnings == (WarningUpdate("sha256:a", "short", ("why",), "https://x", 7),)


@pytest.mark.parametrize("data", [b"\x0a", b"\x0a\x05ab", b"\x80" * 11, b"\x0b\x00", b"\x0d\x00"])
def test_decode_refuses_what_is_no_message(data: bytes) -> None:
    with pytest.raises(WireError):
        decode(data)


@given(st.binary(max_size=300))
def test_decode_of_random_bytes_ends_in_a_message_or_a_wire_error(data: bytes) -> None:
    with contextlib.suppress(WireError):
        assert isinstance(decode(data), StatusResponse)


def feed(*updates: VertexUpdate, logs: tuple[LogUpdate, ...] = ()) -> Build:
    recorder = Recorder()
    for update in updates:
        recorder.feed(StatusResponse(vertices=(update,)))
    recorder.feed(StatusResponse(logs=logs))
    return recorder.build(1.0, {"[2/2] RUN x": 3})


def test_a_vertex_may_run_twice_and_its_intervals_add_up() -> None:
    build = feed(
        VertexUpdate("a", "[2/2] RUN x"),
        VertexUpdate("a", started=1.0),
        VertexUpdate("a", started=1.0, completed=2.0),
        VertexUpdate("a", started=5.0),
        VertexUpdate("a", started=5.0, completed=5.5),
    )
    (vertex,) = build.vertices
    assert vertex.intervals == ((1.0, 2.0), (5.0, 5.5))
    assert vertex.seconds == 1.5
    assert vertex.line == 3


def test_a_vertex_that_turns_cached_late_did_no_work() -> None:
    build = feed(
        VertexUpdate("a", "x", started=1.0), VertexUpdate("a", cached=True, started=1.0, completed=9.0)
    )
    assert build.vertices[0].cached
    assert build.work_seconds == 0.0


def test_a_running_vertex_counts_nothing_yet() -> None:
    assert feed(VertexUpdate("a", "x", started=1.0)).work_seconds == 0.0


def test_the_log_keeps_its_end() -> None:
    build = feed(
        VertexUpdate("a", "x"), logs=(LogUpdate("a", 1, b"x" * 200_000), LogUpdate("a", 1, b"the end"))
    )
    assert build.vertices[0].log.endswith("xthe end")
    assert len(build.vertices[0].log) == 64 * 1024


@pytest.mark.parametrize(
    ("name", "stage", "step", "instruction"),
    [
        ("[2/5] COPY . .", "", "2/5", "COPY . ."),
        ("[builder 10/12] RUN a\nb", "builder", "10/12", "RUN a\nb"),
        ("[linux/arm64 build 1/3] FROM x", "linux/arm64 build", "1/3", "FROM x"),
        ("[internal] load build context", None, None, None),
        ("exporting to image", None, None, None),
    ],
)
def test_names(name: str, stage: str | None, step: str | None, instruction: str | None) -> None:
    vertex = Vertex("a", name)
    assert (vertex.stage, vertex.step, vertex.instruction) == (stage, step, instruction)


def vertex(digest: str, seconds: float, *inputs: str) -> Vertex:
    return Vertex(digest, digest, inputs, ((0.0, seconds),))


def test_critical_path_is_the_longest_chain_not_the_most_work() -> None:
    build = Build("", (vertex("a", 1), vertex("b", 5), vertex("c", 2, "a", "b"), vertex("d", 1, "a")))
    assert [found.digest for found in build.critical_path] == ["b", "c"]
    assert build.critical_path_seconds == 7
    assert build.work_seconds == 9


def test_critical_path_of_nothing_and_of_a_deep_chain() -> None:
    assert Build("", ()).critical_path == ()
    chain = tuple(vertex(str(n), 1, str(n - 1)) for n in range(5000))
    assert Build("", tuple(reversed(chain))).critical_path_seconds == 5000


@given(st.data())
def test_critical_path_agrees_with_brute_force(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 7))

    def inputs(n: int) -> list[str]:
        earlier = st.sampled_from([str(k) for k in range(n)]) if n else st.nothing()
        return data.draw(st.lists(earlier, max_size=min(n, 3)))

    graph = [vertex(str(n), data.draw(st.integers(0, 9)), *inputs(n)) for n in range(count)]
    known = {found.digest: found for found in graph}

    def is_path(nodes: tuple[Vertex, ...]) -> bool:
        return all(before.digest in after.inputs for before, after in itertools.pairwise(nodes))

    longest = max(
        sum(found.seconds for found in nodes)
        for size in range(1, count + 1)
        for nodes in itertools.combinations(graph, size)
        if is_path(nodes)
    )
    build = Build("", tuple(graph))
    assert build.critical_path_seconds == longest
    assert is_path(build.critical_path)
    assert all(found.digest in known for found in build.critical_path)


def test_an_export_comes_after_all_steps() -> None:
    """BuildKit names no inputs of it. However long it takes, the steps before it stay on the path."""
    build = Build(
        "",
        (
            vertex("a", 3),
            vertex("b", 2, "a"),
            vertex("c", 1),
            replace(vertex("out", 9), name="exporting to image"),
        ),
    )
    assert [found.digest for found in build.critical_path] == ["a", "b", "out"]
    assert build.critical_path_seconds == 14

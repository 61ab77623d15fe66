"""Two builds made by hand: what the story says of each step, and where it must say that it does not know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.errors import TraceError
from course.trace import Build, CacheStory, ContextFile, Given, Progress, Recorder, Vertex, compare
from course.trace.lines import Lines
from course.trace.wire import StatusResponse, VertexUpdate
from tests.unit.four_steps import BASE, DOCKERFILE, FILES, MODE, built


def told(story: CacheStory) -> list[tuple[str, str]]:
    return [(step.outcome, step.reason.kind) for step in story.steps]


SAME, INPUT, NOT_KNOWN = ("reused", "same"), ("rerun", "input rerun"), ("rerun", "unknown")
CHANGED = {**FILES, "app.py": ContextFile("9", MODE)}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (built(), built(2, 3, 4), [SAME] * 4),
        (built(), built(2, 3, files=CHANGED), [SAME, SAME, SAME, ("rerun", "file changed")]),
        (built(), built(2, 3, 4, files=CHANGED), [SAME] * 4),  # an earlier build had the same files
        (built(), built(2, 3), [SAME, SAME, SAME, NOT_KNOWN]),  # its cache entry is gone
        (built(files=None), built(2, 3, files=CHANGED), [SAME, SAME, SAME, NOT_KNOWN]),
        (built(), built(2, build_args={"WHO": "you"}), [SAME, SAME, ("rerun", "argument changed"), INPUT]),
        (built(), built(2, network="none"), [SAME, SAME, ("rerun", "option changed"), INPUT]),
        (built(), built(no_cache=True), [SAME, *[("rerun", "no-cache")] * 3]),
        (built(broken=3), built(2), [SAME, SAME, ("first time", "first time"), ("first time", "first time")]),
        (built(), built(2, broken=3), [SAME, SAME, NOT_KNOWN, ("not run", "not run")]),
        (
            built(names={1: f"{BASE}@sha256:aa"}),
            built(names={1: f"{BASE}@sha256:bb"}),
            [("rerun", "base changed"), INPUT, INPUT, INPUT],
        ),
        (
            built(bases={"docker.io/library/python:3.13-slim": "sha256:1"}),
            built(bases={"docker.io/library/python:3.13-slim": "sha256:2"}),
            [("rerun", "base changed"), INPUT, INPUT, INPUT],
        ),
        (
            built(),
            built(
                names={1: "FROM docker.io/library/python:3.14"}, text=DOCKERFILE.replace("3.13-slim", "3.14")
            ),
            [("rerun", "instruction changed"), INPUT, INPUT, INPUT],
        ),
        (
            built(),
            built(
                2,
                names={3: "RUN pip install -r requirements.txt -q"},
                text=DOCKERFILE.replace("ts.txt\nC", "ts.txt -q\nC"),
            ),
            [SAME, SAME, ("rerun", "instruction changed"), INPUT],
        ),
        (
            built(),
            built(2, text=DOCKERFILE.replace("COPY req", "USER root\nCOPY req")),
            [SAME, SAME, ("rerun", "instruction changed"), INPUT],
        ),
    ],
)  # fmt: skip
def test_the_reason_of_each_step(before: Build, after: Build, wanted: list[tuple[str, str]]) -> None:
    story = compare(before, after)
    assert told(story) == wanted, story.text()
    assert len(story.text().splitlines()) == 5
    assert story.to_json()["steps"][0]["line"] == 1


def test_without_a_build_before_all_is_new() -> None:
    assert told(compare(None, built())) == [("first time", "first time")] * 4
    assert told(compare(None, built(2, 3)))[1:3] == [SAME, SAME]


def test_the_headline_names_what_set_it_off() -> None:
    story = compare(built(), built(2, 3, files=CHANGED))
    assert story.headline().endswith("It began at line 5: app.py changed.")
    assert [step.line for step in story.causes] == [5]
    assert "line 5  COPY . .: ran again (1.0 s): app.py changed" in story.text()


def test_a_secret_argument_is_named_without_its_value() -> None:
    text = DOCKERFILE.replace("WHO=me", "API_TOKEN")
    before, after = (built(text=text, build_args={"API_TOKEN": value}) for value in ("hush", "hash"))
    told_of = compare(before, after).text()
    assert "the build argument API_TOKEN changed (ARG on line 2)" in told_of
    assert "hush" not in told_of
    assert "hash" not in told_of


def test_many_files_are_counted_and_listed_apart() -> None:
    many = FILES | {f"f{number}": ContextFile("x", MODE) for number in range(9)}
    step = compare(built(), built(2, 3, files=many)).steps[-1]
    assert step.reason.text == "f0 is new; f1 is new; f2 is new; and 6 more"
    assert len(step.reason.files) == 9


def test_a_step_that_waits_is_no_step_that_failed() -> None:
    running = replace(built(2, broken=0), image="")
    waiting = tuple(replace(one, intervals=()) if one.digest == "4" else one for one in running.vertices)
    assert compare(built(), replace(running, vertices=waiting)).steps[-1].reason.text == "it waits"


def test_a_shared_base_has_the_name_of_the_first_stage_that_uses_it() -> None:
    text = "FROM a AS one\nRUN x\nFROM a\nRUN y\n"
    recorder = Recorder()
    recorder.feed(
        StatusResponse(
            vertices=(
                VertexUpdate("f", "[elsewhere 1/7] FROM docker.io/library/a"),  # a neighbour's name for it
                VertexUpdate("y", "[stage-1 2/2] RUN y", ("f",)),
                VertexUpdate("x", "[one 2/2] RUN x", ("f",)),
            )
        )
    )
    build = recorder.build(lines=Lines(text).of(recorder.names()))
    assert [(step.line, step.stage) for step in build.steps] == [(1, "one"), (2, "one"), (4, "stage-1")]
    assert build.stages == ("one", "stage-1")


def test_a_stage_of_a_from_alone_has_the_name_that_the_dockerfile_gives_it() -> None:
    text = "FROM busybox:1.37 AS base\nFROM base\nRUN y\n"
    recorder = Recorder(Given(text))
    recorder.feed(
        StatusResponse(
            vertices=(
                VertexUpdate("f", "[5/7] FROM docker.io/library/busybox:1.37@sha256:77"),
                VertexUpdate("y", "[stage-1 1/1] RUN y", ("f",)),
            )
        )
    )
    build = recorder.build(lines=Lines(text).of(recorder.names()))
    assert [(step.line, step.stage) for step in build.steps] == [(1, "base"), (3, "stage-1")]


def test_a_neighbours_base_of_the_same_name_is_no_step() -> None:
    own = Vertex("f", "[1/2] FROM a", line=1)
    step = Vertex("x", "[2/2] RUN x", ("f",), line=2)
    assert Build("", (replace(own, digest="g"), own, step)).steps == (own, step)
    assert Build("", (own,)).steps == (own,)


def test_a_vertex_tells_its_state() -> None:
    now = Vertex("a", "x", intervals=((1.0, None),))
    assert [
        Vertex("a", "x").state,
        now.state,
        replace(now, cached=True).state,
        replace(now, intervals=((1.0, 2.0),)).state,
        replace(now, error="boom").state,
        replace(now, error="x: context canceled").state,
    ] == ["waiting", "running", "cached", "done", "failed", "cancelled"]


TEXT = st.text(max_size=8)
TIMES = st.floats(0, 2e9)
VERTICES = st.lists(
    st.builds(
        Vertex,
        digest=TEXT.filter(bool),
        name=TEXT,
        inputs=st.lists(TEXT, max_size=3).map(tuple),
        intervals=st.lists(st.tuples(TIMES, st.none() | TIMES), max_size=3).map(tuple),
        cached=st.booleans(),
        error=TEXT,
        log=TEXT,
        line=st.none() | st.integers(1, 999),
        progress=st.lists(
            st.builds(Progress, TEXT, st.integers(0, 9), st.integers(0, 9), st.none() | TIMES), max_size=2
        ).map(tuple),
    ),
    max_size=5,
)
REQUESTS = st.none() | st.builds(
    Given,
    dockerfile=TEXT,
    build_args=st.dictionaries(TEXT, TEXT, max_size=3),
    no_cache=st.booleans(),
    context=st.none()
    | st.dictionaries(TEXT, st.builds(ContextFile, TEXT, st.integers(0, 0o177777)), max_size=3),
)


@given(VERTICES, REQUESTS, TEXT)
def test_json_keeps_everything(vertices: list[Vertex], request: Given | None, error: str) -> None:
    build = Build("i", tuple(vertices), seconds=1.5, given=request, error=error)
    assert Build.from_json(build.to_json()) == build


@given(VERTICES, VERTICES)
def test_any_two_builds_have_a_story(before: list[Vertex], after: list[Vertex]) -> None:
    story = compare(Build("", tuple(before)), Build("", tuple(after)))
    assert len(story.steps) == len(story.after.steps)
    assert all(step.reasons for step in story.steps)
    assert story.text()


@pytest.mark.parametrize(
    "data", [{}, [], None, {"vertices": 1, "image": ""}, {"vertices": [{}], "image": ""}]
)
def test_json_that_is_no_build_is_said(data: object) -> None:
    with pytest.raises(TraceError) as caught:
        Build.from_json(data)  # type: ignore[arg-type]
    assert caught.value.hint

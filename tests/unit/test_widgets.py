"""The widgets without a page: what they send, what they say without a kernel, and how they take trouble."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course.errors import DockerfileError
from course.layers import Entry, Image, Layer
from course.markup import inline
from course.networks import Attachment, Container, Network, NetworkMap, Published
from course.trace import Build, Vertex, compare
from course.widgets.build_graph import BuildGraph
from course.widgets.explorer import Explorer, columns
from course.widgets.network_map import NetworkMapView, sentence
from course.widgets.outcome import compose, cut, explain, outcomes
from course.widgets.playground import Playground
from course.widgets.prediction import Prediction

HOSTILE = "<img src=x onerror=alert(1)>"
DOCKERFILE = "FROM busybox\n# all of it\nCOPY . .\nRUN make \\\n  all\nENV A=1\n"


def built(*, cached: bool = False, running: bool = False) -> Build:
    base = Vertex("f", "[1/3] FROM docker.io/library/busybox@sha256:77", (), ((0.5, 1.0),), line=1)
    copy = Vertex("a", "[2/3] COPY . .", ("f",), ((1.0, 1.2),), cached=cached, line=3)
    make = Vertex("b", "[3/3] RUN make", ("a",), ((1.2, None if running else 2.0),), log=HOSTILE, line=4)
    export = Vertex("e", "exporting to image", (), ((2.0, 2.5),))
    return Build("sha256:1", (make, copy, base, export), seconds=3.0)


def stack() -> Image:
    base = Layer(0, entries=(Entry("a/big", "file", 50), Entry("a/b\udcff", "file", 5)), tar_bytes=55)
    top = Layer(1, entries=(Entry("a/new", "file", 7), Entry("l", "symlink", target="a/new")), tar_bytes=7)
    return Image(HOSTILE, (base, Layer(1, entries=top.entries, whiteouts=("a/big",), tar_bytes=7)))


def networks(*names: str) -> NetworkMap:
    doors = (Published("127.0.0.1", 8000, "80/tcp"),)
    people = (Container(name, name, HOSTILE, (Attachment("n", "10.0.0.2"),), doors) for name in names)
    return NetworkMap((Network("n", "front", "bridge"),), tuple(people))


WIDGETS: dict[str, Callable[[], Any]] = {
    "graph": lambda: BuildGraph(built()),
    "graph that begins": lambda: BuildGraph(heading=HOSTILE),
    "explorer": lambda: Explorer(stack()),
    "explorer of nothing": lambda: Explorer(Image("empty", ())),
    "playground": lambda: Playground(
        f"FROM a\nRUN {HOSTILE}\n", {HOSTILE: ""}, build=lambda *_, **__: built()
    ),
    "network map": lambda: NetworkMapView(lambda: networks("shop", HOSTILE)),
    "network map of nothing": lambda: NetworkMapView(NetworkMap),
    "prediction": lambda: Prediction("1", HOSTILE, [HOSTILE]),
}


@pytest.mark.parametrize("name", WIDGETS)
def test_without_a_kernel_there_is_text_and_nothing_hostile(name: str) -> None:
    data, metadata = WIDGETS[name]()._repr_mimebundle_()
    assert data["text/plain"]
    assert HOSTILE not in data.get("text/html", "")
    if "image/png" in data:
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
        assert metadata["image/png"]["alt"]


def test_a_finished_graph_and_an_explored_image_have_a_picture() -> None:
    assert "image/png" in BuildGraph(built())._repr_mimebundle_()[0]
    assert "image/png" in Explorer(stack())._repr_mimebundle_()[0]


@pytest.mark.parametrize("name", ["build_graph", "explorer", "network_map", "playground", "prediction"])
def test_no_script_puts_text_into_the_page_as_html(name: str) -> None:
    for script in (f"{name}.js", "shared.js"):
        text = (Path(__file__).parents[2] / "course" / "widgets" / script).read_text(encoding="utf-8")
        assert ".innerHTML" not in text
        assert "insertAdjacentHTML" not in text


def test_the_graph_puts_inputs_first_and_each_step_in_its_column() -> None:
    graph = BuildGraph(built())
    assert [step["id"] for step in graph.steps] == ["f", "a", "b", "e"]
    assert [step["column"] for step in graph.steps] == [1, 1, 1, 2]
    assert graph.columns == ["to begin with", "the only stage", "in the end"]
    assert graph.steps[0]["name"] == "FROM busybox"
    assert graph.ended


def test_a_step_that_is_announced_twice_is_drawn_once() -> None:
    twin = Vertex("twin", "[1/3] FROM docker.io/library/busybox@sha256:77", (), cached=True, line=1)
    graph = BuildGraph(Build("", (*built().vertices, twin)))
    assert [step["id"] for step in graph.steps] == ["f", "a", "b", "e"]


def test_snapshots_in_quick_succession_are_few_updates_and_the_last_one_is_not_lost() -> None:
    graph = BuildGraph()
    updates: list[Any] = []
    shown = threading.Event()

    def note(change: Any) -> None:
        updates.append(change)
        if change["new"][-2]["state"] == "running":
            shown.set()

    graph.observe(note, names="steps")
    for _ in range(200):
        graph.follow(built(cached=True))
    graph.follow(built(running=True))  # and then the build is quiet
    assert shown.wait(5), "what was held back is shown without another snapshot"
    assert len(updates) <= 4
    assert not graph.ended
    graph.finish("no image")
    assert (graph.ended, graph.error) == (True, "no image")


def test_a_log_is_cut_to_its_end_while_the_build_runs() -> None:
    graph = BuildGraph()
    one = Vertex("a", "[1/1] RUN yes", log="y" * 1_000_000 + "end")
    graph.follow(Build("", (one,)))
    assert len(graph.logs["a"]) <= 4_000
    assert graph.logs["a"].endswith("end")


def test_the_explorers_columns_account_for_every_byte() -> None:
    image = stack()
    table = columns(image)
    rows = list(zip(*table.values(), strict=True))
    assert len({len(column) for column in table.values()}) == 1
    kept = [row for row in rows if row[2] != 2]
    assert sum(row[3] for row in kept) == image.tar_bytes
    assert sum(row[3] for row in kept if row[5] >= 0) == image.hidden_bytes == 50
    assert [(row[1], row[6]) for row in rows if row[5] >= 0] == [("a/big", "deleted by layer 2")]
    assert [row[1] for row in rows if row[2] == 2] == ["a/big"]
    json.dumps(table).encode()  # no surrogates: a page could not read them


def test_bytes_that_one_layer_holds_twice_are_in_the_columns_too() -> None:
    twice = Layer(0, entries=(Entry("a", "file", 3), Entry("a", "file", 4)), tar_bytes=7)
    image = Image("twice", (twice,))
    table = columns(image)
    assert sum(table["size"]) == 7
    assert (
        sum(size for size, by in zip(table["size"], table["by"], strict=True) if by >= 0)
        == image.hidden_bytes
    )


def test_a_dockerfile_is_cut_at_its_instructions_and_put_together_again() -> None:
    blocks = cut(DOCKERFILE)
    assert [block["text"].splitlines()[0] for block in blocks] == [
        "FROM busybox",
        "# all of it",
        "RUN make \\",
        "ENV A=1",
    ]
    assert [block["step"] for block in blocks] == [False, True, True, False]
    assert compose(blocks, range(4))[0] == DOCKERFILE
    text, lines = compose(blocks, [0, 2, 1, 3])
    assert text.splitlines()[1] == "RUN make \\"
    assert [*lines[1]] == [4, 5]


def test_predictions_stand_beside_what_happened() -> None:
    _, lines = compose(cut(DOCKERFILE), range(4))
    found = outcomes(compare(built(), built(cached=True)), lines, {2})
    assert [(one["block"], one["reused"], one["predicted"]) for one in found] == [
        (1, True, False),
        (2, False, True),
    ]
    assert [one["predicted"] for one in outcomes(compare(None, built()), lines, None)] == [None, None]


def test_the_block_at_fault_is_the_one_with_the_line() -> None:
    _, lines = compose(cut(DOCKERFILE), [1, 0, 2, 3])
    said = explain(DockerfileError("odd", detail="the engine's words", line=2), lines)
    assert said == {"text": "odd", "hint": said["hint"], "detail": "the engine's words", "block": 1}
    assert explain(DockerfileError("odd"), lines)["block"] is None


def idle(playground: Playground, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while playground.busy and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not playground.busy


def test_one_build_at_a_time_and_it_can_be_cancelled() -> None:
    begun, ended, count = threading.Event(), threading.Event(), []

    def build(folder: Path, *, on_update: Any, on_start: Any) -> Build:
        count.append((folder / "app.py").read_text())
        on_start(ended.set)
        begun.set()
        assert ended.wait(10)
        return built()

    playground = Playground(DOCKERFILE, {"app.py": "one", "sub/x": ""}, build=build)
    playground.file_text = "two"
    playground.do("cancel")  # nothing runs: nothing happens
    playground.do("build")
    assert begun.wait(10)
    playground.do("build")
    playground.do("nonsense")
    playground.do("cancel")
    idle(playground)
    assert count == ["two"]
    assert (playground.built, playground.error) == (1, {})
    assert {one["predicted"] for one in playground.results} == {None}


@pytest.mark.parametrize(
    ("error", "block"), [(DockerfileError("bad", line=4, hint="mend"), 2), (OSError("disk full"), None)]
)
def test_a_failed_build_is_told_and_the_next_one_can_start(error: Exception, block: int | None) -> None:
    def build(folder: Path, **_: Any) -> Build:
        raise error

    playground = Playground(DOCKERFILE, {"app.py": ""}, build=build)
    for _ in range(2):
        playground.do("build")
        idle(playground)
        assert playground.error["block"] == block
        assert str(error) in playground.error["text"]
    assert playground.built == 0


def told(kind: str, action: str, who: str, **attributes: str) -> dict[str, Any]:
    return {"Type": kind, "Action": action, "Actor": {"ID": who, "Attributes": attributes}}


def test_the_network_map_follows_events_to_their_end() -> None:
    answers = iter([networks(), networks("shop"), networks()])
    view = NetworkMapView(lambda: next(answers))
    events = [told("container", "start", "shop"), told("network", "disconnect", "n", container="shop")]
    view.follow(events).join(5)
    assert view.changes == ["shop started", "shop left front"]
    assert not view.live
    assert view.containers == []


def test_a_network_map_that_can_follow_no_longer_says_so() -> None:
    def read() -> NetworkMap:
        if view_made:
            raise ConnectionError
        return networks("shop")

    view_made = False
    view = NetworkMapView(read)
    view_made = True
    view.follow([told("container", "start", "shop")]).join(5)
    assert view.changes == ["No longer following: ConnectionError"]
    assert not view.live


def test_an_event_about_strangers_is_not_told() -> None:
    names = {"1": "shop", "n": "front"}
    assert sentence(told("network", "connect", "n", container="1"), names) == "shop joined front"
    assert sentence(told("network", "connect", "n", container="2"), names) == ""
    assert sentence(told("network", "destroy", "n"), names) == "front was removed"
    assert sentence(told("container", "start", "9"), names) == ""
    assert sentence(told("container", "create", "1"), names) == ""


def test_what_stands_in_backticks_is_code_and_nothing_gets_past_the_escape() -> None:
    assert inline("Before `RUN npm ci` & after") == "Before <code>RUN npm ci</code> &amp; after"
    assert inline("`<b>`") == "<code>&lt;b&gt;</code>"
    assert inline("one ` alone\nand `one more") == "one ` alone\nand `one more"

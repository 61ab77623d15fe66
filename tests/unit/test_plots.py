"""The figures: what they read from the engine's words, what their alt text says, and that nothing is cut."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable

import pytest

from course import plots
from course.capabilities import Privileges
from course.layers import Image, Layer
from course.networks import Matrix, NetworkMap, Outcome
from course.plots._lifecycle import moments
from course.plots.samples import cpus_of
from course.plots.style import amount
from course.registries import Store
from course.trace import Build, compare
from tests.unit.drawn import (
    LIFE,
    PICTURES,
    ROOT,
    STORE,
    USER,
    built,
    crowd,
    event,
    networks,
    sample,
    stacked,
    tried,
)

PNG = b"\x89PNG\r\n\x1a\n"


def test_every_figure_has_an_example_here() -> None:
    figures = {name for name in plots.__all__ if name[0].islower()} - {"show"}
    assert figures == {name.partition(" ")[0] for name in PICTURES}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_a_png_with_alt_text(name: str) -> None:
    data, metadata = PICTURES[name]()._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(PNG)
    alt = metadata["image/png"]["alt"]
    assert len(alt) > 30
    assert data["text/plain"] == f"[figure] {alt}"


@pytest.mark.parametrize("name", PICTURES)
def test_a_figure_has_ink_inside_its_edges(name: str) -> None:
    """Nothing is cut off: the outermost pixels are the ground's white."""
    import io

    import numpy as np
    from matplotlib.image import imread

    pixels = imread(io.BytesIO(PICTURES[name]().png()))[..., :3]
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert edge.min() == 1.0
    assert pixels.min() < 0.3


def test_events_are_ordered_and_counted_from_the_first() -> None:
    stream = [*reversed(LIFE), {"Type": "network", "Action": "connect", "time": 1}]
    found = [(m.seconds, m.action, m.detail) for m in moments(stream)]
    assert found == [
        (0.0, "create", ""),
        (0.5, "start", ""),
        (1.0, "kill", "SIGTERM"),
        (1.25, "die", "exit 143"),
        (2.0, "destroy", ""),
    ]


def test_die_and_stop_are_told_in_one_order() -> None:
    either = [event("die", 1.0, exitCode="0"), event("stop", 1.01)]
    other = [event("stop", 1.0), event("die", 1.01, exitCode="0")]
    assert [m.action for m in moments(either)] == [m.action for m in moments(other)] == ["die", "stop"]


def test_an_exec_event_is_named_without_its_command() -> None:
    assert moments([event("exec_create: sh -c 'echo secret'", 1.0)])[0].action == "exec_create"


def test_the_lifecycle_says_what_happened_but_not_when() -> None:
    slower = [event("create", 7.0), event("start", 9.0)]
    faster = [event("create", 7.0), event("start", 7.1)]
    assert plots.lifecycle(slower).alt == plots.lifecycle(faster).alt
    assert "create, start" in plots.lifecycle(slower).alt


def test_cpus_are_cpu_seconds_by_the_engines_clock() -> None:
    points = cpus_of([sample(1, cpu=10.0), sample(2, cpu=10.5), sample(4, cpu=13.5)])
    assert [x for x, _ in points] == pytest.approx([1.0, 3.0])
    assert [y for _, y in points] == pytest.approx([0.5, 1.5])


def test_the_memory_figure_names_the_limit_that_the_engine_reports() -> None:
    alt = plots.memory_use([sample(1, used=1 << 20), sample(2)], killed=False).alt
    assert "64 MiB" in alt
    assert "kills" not in alt


def test_base_images_are_drawn_smallest_first() -> None:
    big = plots.BaseImage("big", 900, "bash", packages="apt", libc="glibc")
    alt = plots.base_images([big, plots.BaseImage("small", 1)]).alt
    assert alt.index("small: shell none") < alt.index("big: shell bash, C library glibc")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.lifecycle([{"Type": "network", "Action": "create", "time": 1}]),
        lambda: plots.memory_use([sample(1)]),
        lambda: plots.cpu_use({"a": [sample(1)]}, 1.0),
        lambda: plots.base_images([]),
        lambda: plots.step_by_step({"naive": {"seconds": 4.0}}),
        lambda: plots.step_by_step({"naive": {"seconds": 4.0}, "mended": {}}),
        lambda: plots.start_times({"a": []}),
        lambda: plots.gantt(Build("", ())),
        lambda: plots.volume_map([]),
        lambda: plots.write_speeds(""),
        lambda: plots.capabilities({}),
        lambda: plots.registry_map(Store({}, {}, frozenset())),
        lambda: plots.compose_graph({"services": {}}),
        lambda: plots.startup_timeline([]),
        lambda: plots.layer_bar(Image("empty", ())),
        lambda: plots.layer_sharing([]),
        lambda: plots.cache_story(built(changed=False)),
        lambda: plots.network_map(NetworkMap()),
        lambda: plots.connection_matrix(Matrix((), (), {})),
        lambda: plots.cache_story(compare(None, built(changed=False))),
    ],
)
def test_nothing_to_draw_is_said(draw: Callable[[], plots.Picture]) -> None:
    with pytest.raises(ValueError, match="no "):
        draw()


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (4123, "4.1 kB"), (48_000_000, "48 MB"), (1_050_000_000, "1.1 GB")],
)
def test_amount(size: int, words: str) -> None:
    assert amount(size) == words


def test_the_package_alone_does_not_load_matplotlib() -> None:
    program = "import sys; from course import plots; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_gantt_names_the_stages_and_the_critical_path_but_no_time() -> None:
    alt = plots.gantt(built(changed=True)).alt
    assert "Stages: one, stage-1" in alt
    assert "The long steps of the critical path: 2  RUN make; 5  RUN test." in alt
    assert "3.2" not in alt


def test_the_cache_storys_picture_says_what_ran_on_its_own_account() -> None:
    alt = plots.cache_story(built(changed=False), built(changed=True)).alt
    assert "Of its 4 steps, 1 were reused. Ran again on its own account: line 2: not known" in alt


def test_the_layer_bar_names_the_layers_that_hold_hidden_bytes() -> None:
    assert "Hidden bytes lie in: layer 1." in plots.layer_bar(stacked("mine")).alt
    assert "No byte is hidden." in plots.layer_bar(stacked("base")).alt


def test_an_image_in_outline_has_a_bar_and_no_word_of_hidden_bytes() -> None:
    outline = Image("a", (Layer(0, disk_bytes=7, read=False),))
    assert "idden" not in plots.layer_bar(outline).alt


def test_images_on_a_common_layer_stand_side_by_side() -> None:
    other = Image("other", (Layer(0, diff_id="else", tar_bytes=1),))
    alt = plots.layer_sharing([stacked("a"), other, stacked("b")]).alt
    assert "1 of the 4 layers drawn lie under several images, the lowest under 2" in alt
    assert "They share no layer." in plots.layer_sharing([stacked("a"), other]).alt


def test_the_network_map_and_the_matrix_say_all_that_they_show_but_addresses() -> None:
    alt = plots.network_map(networks()).alt
    assert "inner (internal bridge): shop." in alt
    assert "uses the network of shop" in alt
    assert "10.0.0" not in alt
    words = plots.connection_matrix(tried()).alt
    assert all(outcome.words in words for outcome in Outcome)


def test_a_map_of_many_containers_is_no_wider_than_a_page_and_says_the_same() -> None:
    four = NetworkMap(networks().networks[:4], crowd().containers)
    assert plots.network_map(four).figure.get_size_inches()[0] <= 9.5
    alt = plots.network_map(crowd()).alt
    assert alt == f"Map of the host's networks. {crowd().describe()}"
    assert "web-2 has port 443/tcp published on 127.0.0.1." in alt


def test_the_table_of_capabilities_says_who_has_what_and_what_nobody_has() -> None:
    alt = plots.capabilities({"one": ROOT, "two": USER}).alt
    assert "one (user 0) — has it: CHOWN; can get it: 41." in alt
    assert "two (user 1000) — may switch it on: CHOWN; can get it: KILL." in alt
    assert "Out of reach for all of them: DAC_OVERRIDE" in alt
    bare = Privileges(0, frozenset(), frozenset(), frozenset())
    assert "three (user 0) — nothing." in plots.capabilities({"three": bare}).alt


def test_the_map_of_a_registry_says_what_each_tag_leads_to_and_what_is_garbage() -> None:
    alt = plots.registry_map(STORE).alt
    assert "shop/app:all points to an index of 2 manifests, for amd64 and arm64." in alt
    assert "shop/$app:1 points to a manifest with a config and 1 layer." in alt
    assert "shop/app:sha256-… points to" in alt
    assert "shop/app:gone points to nothing." in alt
    assert alt.endswith("Garbage, which nothing leads to: 1 layer.")
    untagged = Store(STORE.blobs, {}, STORE.manifests)
    assert "Manifests that no tag points to: 2." in plots.registry_map(untagged).alt

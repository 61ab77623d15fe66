"""What must hold for any layers, tried on random ones."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from course.layers import Entry, FileTree, Image, Layer, compare, dive_score, squash

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
KINDS = st.sampled_from(["file", "file", "file", "dir", "hardlink", "fifo"])


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """As an engine could write one: each path once, its directories listed, hard links after their file."""
    found: dict[str, Entry] = {}
    for path in draw(st.lists(PATHS, max_size=6)):
        above = [path.rsplit("/", n)[0] for n in range(path.count("/"), 0, -1)]
        if path in found or any(found[name].kind != "dir" for name in above if name in found):
            continue
        for name in above:
            found.setdefault(name, Entry(name, "dir", mode=0o755))
        kind = draw(KINDS)
        files = [entry.path for entry in found.values() if entry.kind == "file"]
        if kind == "hardlink" and files:
            found[path] = Entry(path, "hardlink", target=draw(st.sampled_from(files)))
        elif kind == "file":
            size = draw(st.integers(0, 3))
            found[path] = Entry(path, "file", size, digest=f"{size}{draw(NAMES)}")
        else:
            found[path] = Entry(path, "dir" if kind == "dir" else "fifo")
    whiteouts = [path for path in draw(st.lists(PATHS, max_size=3, unique=True)) if path not in found]
    whiteouts = [
        path for path in whiteouts if "/" not in path or _is_directory(found, path.rpartition("/")[0])
    ]
    opaque = draw(st.lists(st.one_of(PATHS, st.just("")), max_size=1))
    opaque = [path for path in opaque if not path or _is_directory(found, path)]
    entries = tuple(found.values())
    size = sum(entry.size for entry in entries)
    return Layer(0, tar_bytes=size, entries=entries, whiteouts=tuple(whiteouts), opaque=tuple(opaque))


def _is_directory(found: dict[str, Entry], path: str) -> bool:
    return path in found and found[path].kind == "dir"


def image(stack: list[Layer]) -> Image:
    return Image(
        "random",
        tuple(
            Layer(
                n,
                tar_bytes=one.tar_bytes,
                entries=one.entries,
                whiteouts=one.whiteouts,
                opaque=one.opaque,
                diff_id=f"{n}{hash(one)}",
            )
            for n, one in enumerate(stack)
        ),
    )


@given(st.lists(layers(), max_size=5))
def test_hidden_and_visible_add_up_to_all(stack: list[Layer]) -> None:
    made = image(stack)
    assert made.hidden_bytes + made.visible_bytes == made.tar_bytes
    assert sum(made.hidden_in(layer.index) for layer in made.layers) == made.hidden_bytes
    assert all(0 <= item.layer <= item.hidden_by < len(stack) for item in made.hidden)


@given(st.lists(layers(), max_size=4))
def test_comparing_an_image_with_itself_is_empty(stack: list[Layer]) -> None:
    assert compare(image(stack), image(stack)).empty


@given(st.lists(layers(), max_size=3), st.lists(layers(), max_size=3))
def test_comparing_backwards_says_the_opposite(one: list[Layer], two: list[Layer]) -> None:
    there, back = compare(image(one), image(two)), compare(image(two), image(one))
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert [(f.path, turned[f.what], -f.size_change) for f in there.files] == [
        (f.path, f.what, f.size_change) for f in back.files
    ]


@settings(max_examples=300)
@given(st.lists(layers(), max_size=2), layers(), layers(), layers())
def test_merging_is_associative(below: list[Layer], one: Layer, two: Layer, three: Layer) -> None:
    expected = FileTree((*below, one, two, three))
    assert FileTree((*below, squash(one, two), three)) == expected
    assert FileTree((*below, one, squash(two, three))) == expected
    assert FileTree((*below, squash(squash(one, two), three))) == expected
    assert FileTree((*below, squash(one, squash(two, three)))) == expected


@given(layers(), layers())
def test_squashing_leaves_nothing_hidden(one: Layer, two: Layer) -> None:
    assert image([squash(one, two)]).hidden_bytes == 0
    assert squash(one, two).tar_bytes == image([one, two]).visible_bytes


@given(st.lists(layers(), max_size=5))
def test_changes_replayed_give_the_tree(stack: list[Layer]) -> None:
    made = image(stack)
    paths: set[str] = set()
    for changes in made.changes:
        for change in changes:
            assert (change.what == "added") == (change.path not in paths)
            (paths.discard if change.what == "removed" else paths.add)(change.path)
    assert paths == {path for path, _ in made.tree.walk()}


@given(st.lists(layers(), max_size=5))
def test_dive_never_needs_more_than_there_is(stack: list[Layer]) -> None:
    score = dive_score(image(stack))
    assert 0.0 <= score.efficiency <= 1.0
    assert score.wasted_bytes == sum(item.bytes for item in score.items)

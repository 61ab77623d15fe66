"""Layer arithmetic on trees made by hand: what is hidden, by which layer, and why."""

from __future__ import annotations

import json

import pytest

from course.layers import (
    Entry,
    FileTree,
    Image,
    Layer,
    compare,
    dive_score,
    duplicates,
    hidden,
    shared,
    squash,
    to_json,
)


def file(path: str, size: int, content: str = "", mode: int = 0o644) -> Entry:
    return Entry(path, "file", size, mode, digest=content or f"{path}:{size}")


def folder(path: str) -> Entry:
    return Entry(path, "dir", mode=0o755)


def link(path: str, target: str) -> Entry:
    return Entry(path, "hardlink", target=target)


def symlink(path: str, target: str) -> Entry:
    return Entry(path, "symlink", target=target, mode=0o777)


def image(
    *layers: list[Entry], gone: dict[int, list[str]] | None = None, opaque: dict[int, list[str]] | None = None
) -> Image:
    gone, opaque = gone or {}, opaque or {}
    made = [
        Layer(
            index,
            diff_id=f"sha256:{index}",
            tar_bytes=sum(entry.size for entry in entries),
            entries=tuple(entries),
            whiteouts=tuple(gone.get(index, ())),
            opaque=tuple(opaque.get(index, ())),
        )
        for index, entries in enumerate(layers)
    ]
    return Image("test", tuple(made))


D, A, B = folder("d"), file("d/a", 10), file("d/b", 7)

# name → image, what is hidden as (path, size, layer, hidden by, cause), what a container sees
CASES: dict[str, tuple[Image, list[tuple[str, int, int, int, str]], list[str]]] = {
    "nothing hidden": (image([D, A], [B]), [], ["d", "d/a", "d/b"]),
    "rewritten": (image([A], [file("d/a", 12)]), [("d/a", 10, 0, 1, "rewritten")], ["d", "d/a"]),
    "rewritten twice": (
        image([A], [file("d/a", 12)], [file("d/a", 1)]),
        [("d/a", 10, 0, 1, "rewritten"), ("d/a", 12, 1, 2, "rewritten")],
        ["d", "d/a"],
    ),
    "deleted": (image([D, A, B], [], gone={1: ["d/b"]}), [("d/b", 7, 0, 1, "deleted")], ["d", "d/a"]),
    "directory deleted": (
        image([D, A, B], [], gone={1: ["d"]}),
        [("d/a", 10, 0, 1, "deleted"), ("d/b", 7, 0, 1, "deleted")],
        [],
    ),
    "deleted and made again in one layer": (
        image([D, A], [D, B], gone={1: ["d"]}),
        [("d/a", 10, 0, 1, "deleted")],
        ["d", "d/b"],
    ),
    "opaque": (
        image([D, A], [D, B], opaque={1: ["d"]}),
        [("d/a", 10, 0, 1, "opaque")],
        ["d", "d/b"],
    ),
    "opaque root": (image([A], [B], opaque={1: [""]}), [("d/a", 10, 0, 1, "opaque")], ["d", "d/b"]),
    "file by directory": (
        image([file("x", 5)], [folder("x"), file("x/y", 1)]),
        [("x", 5, 0, 1, "replaced")],
        ["x", "x/y"],
    ),
    "file by something in it": (
        image([file("x", 5)], [file("x/y", 1)]),
        [("x", 5, 0, 1, "replaced")],
        ["x", "x/y"],
    ),
    "directory by file": (image([D, A], [file("d", 1)]), [("d/a", 10, 0, 1, "replaced")], ["d"]),
    "file by symlink": (image([A], [symlink("d/a", "b")]), [("d/a", 10, 0, 1, "replaced")], ["d", "d/a"]),
    "one of two hard links deleted": (image([A, link("l", "d/a")], [], gone={1: ["d/a"]}), [], ["d", "l"]),
    "both hard links deleted": (
        image([A, link("l", "d/a")], [], gone={1: ["d/a", "l"]}),
        [("d/a", 10, 0, 1, "deleted")],
        ["d"],
    ),
    "hard link deleted later than its file": (
        image([A, link("l", "d/a")], [], [], gone={1: ["d/a"], 2: ["l"]}),
        [("d/a", 10, 0, 2, "deleted")],
        ["d"],
    ),
    "hard link to a lower layer's file": (image([A], [link("l", "d/a")]), [], ["d", "d/a", "l"]),
    "hard link to a file that its layer deletes": (
        image([A], [link("l", "d/a")], gone={1: ["d/a"]}),
        [],
        ["d", "l"],
    ),
    "hard link to nothing": (image([A], [link("l", "nowhere")]), [], ["d", "d/a", "l"]),
    "hard link onto a file": (
        image([A, file("f", 3)], [link("f", "d/a")]),
        [("f", 3, 0, 1, "rewritten")],
        ["d", "d/a", "f"],
    ),
    "listed twice in one layer": (
        image([A, file("d/a", 2)]),
        [("d/a", 10, 0, 0, "rewritten")],
        ["d", "d/a"],
    ),
    "whiteout of nothing": (image([A], [], gone={1: ["d/x", "y"]}), [], ["d", "d/a"]),
    "whiteout in its own layer spares what the layer brings": (
        image([A], [file("d/a", 4)], gone={1: ["d/a"]}),
        [("d/a", 10, 0, 1, "deleted")],
        ["d", "d/a"],
    ),
    "a path through a lower symlink to a directory": (
        image([folder("usr"), symlink("lib", "usr"), file("usr/x", 9)], [file("lib/x", 1)]),
        [],
        ["lib", "lib/x", "usr", "usr/x"],
    ),
    "symlink to a directory replaced": (
        image([folder("real"), file("real/x", 9), symlink("s", "real")], [folder("s"), file("s/x", 1)]),
        [],
        ["real", "real/x", "s", "s/x"],
    ),
    "a loop of symlinks": (
        image([symlink("a", "b"), symlink("b", "a")], [file("a/x", 1)]),
        [],
        ["a", "a/x", "b"],
    ),
    "empty layers": (image([], [A], []), [], ["d", "d/a"]),
    "the same layer twice": (image([A], [A]), [("d/a", 10, 0, 1, "rewritten")], ["d", "d/a"]),
}


@pytest.mark.parametrize("name", CASES)
def test_hidden_and_visible(name: str) -> None:
    made, expected, visible = CASES[name]
    found = [(item.path, item.size, item.layer, item.hidden_by, item.cause) for item in hidden(made)]
    assert sorted(found) == sorted(expected)
    assert sorted(path for path, _ in made.tree.walk()) == visible
    assert made.hidden_bytes + made.visible_bytes == made.tar_bytes


def test_a_chmod_is_told_from_a_rewrite() -> None:
    made = image([A, B], [file("d/a", 10, mode=0o600), file("d/b", 7, "other")])
    assert {item.path: item.same_content for item in hidden(made)} == {"d/a": True, "d/b": False}


def test_hidden_bytes_of_each_layer() -> None:
    made = image([A, B], [file("d/a", 100)], [], gone={2: ["d"]})
    assert [made.hidden_in(index) for index in range(3)] == [17, 100, 0]


def test_changes_of_each_layer() -> None:
    made = image(
        [D, A, B, symlink("s", "d")],
        [D, file("d/a", 10, mode=0o600), file("d/c", 1)],
        [Entry("d", "dir", mode=0o700), file("s", 2)],
        [file("d", 1)],
        gone={1: ["d/b"]},
    )
    told = [[(change.what, change.path) for change in layer] for layer in made.changes]
    assert told[0] == [("added", "d"), ("added", "d/a"), ("added", "d/b"), ("added", "s")]
    assert told[1] == [("changed", "d/a"), ("removed", "d/b"), ("added", "d/c")]
    assert told[2] == [("changed", "d"), ("changed", "s")]
    assert told[3] == [("changed", "d"), ("removed", "d/a"), ("removed", "d/c")]


def test_changes_by_opaque_directories() -> None:
    made = image([D, A], [B], [A], opaque={1: ["d"], 2: ["d"]})
    told = [[(change.what, change.path) for change in layer] for layer in made.changes]
    assert told[1:] == [[("removed", "d/a"), ("added", "d/b")], [("added", "d/a"), ("removed", "d/b")]]


def test_duplicates_leave_out_hard_links_hidden_and_empty_files() -> None:
    made = image(
        [
            file("one", 5, "x"),
            link("again", "one"),
            file("old", 5, "x"),
            file("e", 0, "0"),
            file("f", 0, "0"),
        ],
        [file("two", 5, "x"), file("old", 6, "y")],
    )
    (found,) = duplicates(made)
    assert (found.paths, found.layers, found.spare_bytes) == (("again", "two"), (0, 1), 5)


def test_dive_counts_the_copy_you_keep_and_misses_deleted_directories() -> None:
    rewritten = dive_score(image([file("a", 100)], [file("a", 100)]))
    assert (rewritten.wasted_bytes, rewritten.efficiency) == (200, 0.5)
    deleted = dive_score(image([file("a", 100)], [], gone={1: ["a"]}))
    assert (deleted.wasted_bytes, deleted.efficiency) == (100, 0.0)
    directory = dive_score(image([D, A, B], [], gone={1: ["d"]}))
    assert (directory.wasted_bytes, directory.efficiency) == (0, 1.0)
    assert dive_score(image()).efficiency == 1.0


def test_images_share_a_layer_only_with_all_below_it() -> None:
    def stack(name: str, *diffs: str) -> Image:
        return Image(name, tuple(Layer(n, diff_id=diff, tar_bytes=10) for n, diff in enumerate(diffs)))

    found = shared([stack("a", "base", "x"), stack("b", "base", "y"), stack("c", "other", "x")])
    assert [(one.layer.diff_id, one.images) for one in found.layers if one.shared] == [("base", ("a", "b"))]
    assert (found.apart_bytes, found.stored_bytes) == (60, 50)


def test_comparing() -> None:
    before = image([D, A, B, file("same", 1)])
    after = image([D, file("d/a", 11), file("same", 1), file("new", 3)])
    found = compare(before, after)
    assert [(one.what, one.path, one.size_change) for one in found.files] == [
        ("changed", "d/a", 1),
        ("removed", "d/b", -7),
        ("added", "new", 3),
    ]
    assert compare(before, before).empty
    assert compare(before, before).common_layers == 1


def test_comparing_sees_configuration() -> None:
    one = Image("one", (), config={"User": "", "Cmd": ["sh"]})
    two = Image("two", (), config={"User": "app", "Cmd": ["sh"]})
    assert compare(one, two).config == (("User", "", "app"),)


def test_squashing_keeps_what_the_two_show_and_hide() -> None:
    base = image([D, A, B, file("x", 4)]).layers[0]
    lower, upper = image(
        [file("x/y", 1), file("l", 8), link("m", "l")], [D], gone={0: ["d"], 1: ["l"]}
    ).layers
    both = squash(lower, upper)
    assert FileTree((base, both)) == FileTree((base, lower, upper))
    assert both.tar_bytes == 9  # the link took over the file's content
    assert both.opaque == ("d",)


def test_json_has_the_promised_fields_and_prints_any_name() -> None:
    made = image([file("na\udcffme", 3, "x")], [file("na\udcffme", 4, "y")])
    found = json.loads(json.dumps(to_json(made, files=True), ensure_ascii=False).encode())
    assert {"image", "tar_bytes", "hidden_bytes", "dive_wasted_bytes", "layers"} <= set(found)
    sizes = {"tar_bytes", "compressed_bytes", "disk_bytes", "hidden_bytes"}
    assert {"index", "instruction", "line", "files"} | sizes <= set(found["layers"][0])
    assert found["hidden"][0]["path"] == "na\ufffdme"
    assert found["hidden_by_cause"] == {"rewritten": 3, "deleted": 0, "opaque": 0, "replaced": 0}

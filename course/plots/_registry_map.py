"""What a registry keeps, and who points to what: tags, indexes, manifests, and what they are made of."""

from __future__ import annotations

from typing import Any

from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, ICE, INK, ORANGE, PURPLE, amount, bare, canvas
from course.registries import Blob, Kind, Store

_WIDTH, _HEIGHT = 2.15, 0.72  # of a box; a row is 1 high
_STEP = 2.95  # from column to column
_ROW = 0.62  # inches a row
_LINE, _TAG_MAX = 0.36, 26  # of a row, and characters: a tag's
# Band, hatch, and the word in the box: each alone tells them apart.
_LOOK = {
    Kind.INDEX: (PURPLE, "xx"),
    Kind.MANIFEST: (ICE, ""),
    Kind.CONFIG: (ORANGE, "//"),
    Kind.LAYER: (BLUE, ".."),
}


def registry_map(store: Store, title: str = "What the registry keeps") -> Picture:
    """From left to right: tags, the index or manifest that each points to, configs and layers. What nothing
    leads to any more is drawn broken and called garbage. Raises ValueError for an empty store."""
    if not store.blobs:
        raise ValueError("no blob to draw")
    columns = _columns(store)
    rows = _rows(store, columns)
    tags = _labels(store, rows)
    height = max([*rows.values(), *(y + _LINE * len(names) / 2 for names, y in tags.values())]) + 1
    across = _STEP * max(columns.values()) + _WIDTH
    with canvas(across + 0.3, _ROW * height + 0.7) as (figure, axes):
        bare(axes)
        axes.set_title(f"{title}: {amount(store.size)}")
        for digest, (names, y) in tags.items():
            words = "\n".join(name.replace("$", r"\$") for name in names)
            axes.text(_WIDTH - 0.08, y, words, ha="right", va="center", size=8.5, linespacing=1.5)
            _arrow(axes, (_WIDTH, y), (_STEP * columns[digest], rows[digest]))
        for digest, y in rows.items():
            blob = store.blobs[digest]
            lost = digest in store.garbage
            _box(axes, blob, _STEP * columns[digest], y, store.platform(digest), lost)
            for named in blob.names:
                if named in rows:
                    tail = (_STEP * columns[digest] + _WIDTH, y)
                    _arrow(axes, tail, (_STEP * columns[named], rows[named]), broken=lost)
        axes.set_xlim(-0.05, across + 0.05)
        axes.set_ylim(height - 0.45, -0.55)
    return Picture(figure, _alt(store))


def _columns(store: Store) -> dict[str, int]:
    """Digest → column. An index, where there is one, has a column of its own."""
    present = {blob.kind for blob in store.blobs.values()}
    kinds = [kind for kind in (Kind.INDEX, Kind.MANIFEST) if kind in present]
    places: dict[Kind, int] = {kind: place for place, kind in enumerate(kinds, start=1)}
    return {digest: places.get(blob.kind, len(kinds) + 1) for digest, blob in store.blobs.items()}


def _rows(store: Store, columns: dict[str, int]) -> dict[str, float]:
    """Digest → height from the top. The last column is filled in the order of who needs it; what names
    others stands in the middle of those that came with it."""
    last = max(columns.values())
    rows: dict[str, float] = {}
    filled = 0

    def place(digest: str) -> None:
        nonlocal filled
        if digest in rows or digest not in store.blobs:
            return
        if columns[digest] == last:
            rows[digest] = filled
            filled += 1
            return
        if store.blobs[digest].kind is Kind.INDEX:  # a row of its own: arrows of tags pass above and below
            rows[digest] = filled
            filled += 1
        new = [each for each in store.blobs[digest].names if each not in rows and each in store.blobs]
        for each in new:
            place(each)
        around = new or [each for each in store.blobs[digest].names if each in rows]
        if digest not in rows:
            rows[digest] = sum(rows[each] for each in around) / len(around) if around else filled

    for digest in (*store.tags.values(), *_untagged(store)):
        place(digest)
    for column in set(columns.values()) - {last}:
        rows |= _apart({digest: y for digest, y in rows.items() if columns[digest] == column}, 1.0)
    return rows


def _untagged(store: Store) -> list[str]:
    """All that no tag leads to: who names others first, so that these come beside it."""
    order = list(Kind)
    rest = store.blobs.keys() - store.reached(store.tags.values())
    return sorted(rest, key=lambda digest: (order.index(store.blobs[digest].kind), digest))


def _labels(store: Store, rows: dict[str, float]) -> dict[str, tuple[list[str], float]]:
    """Digest → the tags that point to it, and their common height; none lies over another."""
    found: dict[str, list[str]] = {}
    for tag, digest in store.tags.items():
        if digest in rows:
            found.setdefault(digest, []).append(tag if len(tag) <= _TAG_MAX else f"{tag[: _TAG_MAX - 1]}…")
    placed: dict[str, tuple[list[str], float]] = {}
    lowest = float("-inf")
    for digest in sorted(found, key=lambda each: rows[each]):
        half = _LINE * len(found[digest]) / 2
        y = max(rows[digest], lowest + half + 0.15)
        placed[digest], lowest = (found[digest], y), y + half
    return placed


def _apart(heights: dict[str, float], least: float) -> dict[str, float]:
    """The same in the same order, but none nearer to the next than `least`."""
    moved: dict[str, float] = {}
    lowest = float("-inf")
    for key, y in sorted(heights.items(), key=lambda item: (item[1], item[0])):
        moved[key] = lowest = max(y, lowest + least)
    return moved


def _box(axes: Any, blob: Blob, x: float, y: float, platform: str, lost: bool) -> None:
    colour, hatch = _LOOK[blob.kind]
    style = "--" if lost else "-"
    axes.barh(
        y, _WIDTH, left=x, height=_HEIGHT, color="white", edgecolor=GREY if lost else colour, linewidth=2,
        linestyle=style,
    )  # fmt: skip
    axes.barh(y, 0.14, left=x, height=_HEIGHT, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
    title = " ".join(filter(None, [blob.kind.value, platform]))
    axes.text(x + 0.24, y - 0.14, title, weight="bold", va="center", size=9, color=FAINT if lost else INK)
    under = f"{blob.digest.partition(':')[2][:8]} · {amount(blob.size)}"
    axes.text(x + 0.24, y + 0.16, under, va="center", size=8, family="monospace")
    if lost:
        axes.text(x + _WIDTH - 0.06, y - 0.14, "garbage", ha="right", va="center", size=8, style="italic")


def _arrow(axes: Any, tail: tuple[float, float], head: tuple[float, float], broken: bool = False) -> None:
    look = {"arrowstyle": "-|>", "color": FAINT, "shrinkA": 1, "shrinkB": 2, "linewidth": 1.1}
    axes.annotate("", head, tail, arrowprops={**look, "linestyle": "--" if broken else "-"}, zorder=0)


def _alt(store: Store) -> str:
    told = [f"{_short(tag)} points to {_words(store, digest)}." for tag, digest in store.tags.items()]
    tagged = set(store.tags.values())
    named = {each for blob in store.blobs.values() for each in blob.names}
    bare_manifests = [digest for digest in store.manifests - tagged - named if digest in store.blobs]
    if bare_manifests:
        told.append(f"Manifests that no tag points to: {len(bare_manifests)}.")
    if store.garbage:
        kinds = [store.blobs[digest].kind for digest in store.garbage]
        parts = [f"{kinds.count(kind)} {kind.value}" for kind in Kind if kind in kinds]
        told.append(f"Garbage, which nothing leads to: {', '.join(parts)}.")
    return " ".join(["Map of what a registry keeps.", *told])


def _short(tag: str) -> str:
    """A tag made of a digest differs from run to run."""
    repository, _, word = tag.rpartition(":")
    return f"{repository}:sha256-…" if word.startswith("sha256-") else tag


def _words(store: Store, digest: str) -> str:
    blob = store.blobs.get(digest)
    if blob is None:
        return "nothing"
    parts = [store.blobs[each] for each in blob.names if each in store.blobs]
    if blob.kind is Kind.INDEX:
        platforms = sorted(store.platform(each.digest) or "unknown" for each in parts)
        return f"an index of {len(parts)} manifests, for {' and '.join(platforms)}"
    layers = sum(part.kind is Kind.LAYER for part in parts)
    return f"a manifest with a config and {layers} layer{'s' * (layers != 1)}"

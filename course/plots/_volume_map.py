"""What is mounted where: sources at the left, containers at the right, a line for each mount."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from matplotlib.patches import FancyBboxPatch

from course.mounts import Kind, Mount, MountMap, mounts_of
from course.plots.picture import Picture
from course.plots.style import BLUE, FAINT, GREY, INK, ORANGE, PURPLE, bare, canvas

if TYPE_CHECKING:
    from docker.models.containers import Container

_WORDS: dict[Kind, str] = {
    "volume": "named volume",
    "anonymous": "anonymous volume",
    "bind": "folder of the engine's machine",
    "tmpfs": "memory (tmpfs)",
}
_LINE: dict[Kind, tuple[str, Any]] = {
    "volume": (BLUE, "-"),
    "anonymous": (GREY, (0, (6, 2))),
    "bind": (ORANGE, "--"),
    "tmpfs": (PURPLE, ":"),
}
_LEFT, _WIDE, _RIGHT, _BOX = 0.0, 3.3, 5.4, 4.6  # where the boxes begin, and how wide they are


def volume_map(containers: Iterable[Container] | MountMap, title: str = "What is mounted where") -> Picture:
    """The mounts of these containers: of which kind, and with owner and mode as a process inside sees them.

    A line ends at the path in the container: `docker inspect --format '{{json .Mounts}}' CONTAINER`.
    Raises ValueError without containers, and docker-py's errors.
    """
    found = containers if isinstance(containers, MountMap) else mounts_of(containers)
    if not found.containers:
        raise ValueError("no container to draw")
    rows = _rows(found)
    sources = _sources(found.mounts)
    height = max(max(rows.values(), default=0) + 1.2, len(sources) * 1.3)
    with canvas(8.6, 0.44 * height + 0.9) as (figure, axes):
        bare(axes)
        axes.set_title(title)
        places = {key: (height - 1.3 * len(sources)) / 2 + 1.3 * n for n, key in enumerate(sources)}
        for key, y in places.items():
            _draw_source(axes, key, y)
        for name in found.containers:
            _draw_container(axes, found, name, rows)
        for mount in found.mounts:
            colour, dashes = _LINE[mount.kind]
            ends = [places[_key(mount)] + 0.5, rows[mount.container, mount.target] + 0.35]
            axes.plot([_LEFT + _WIDE, _RIGHT], ends, color=colour, linestyle=dashes, linewidth=2.2)
            axes.plot(
                [_RIGHT], [ends[1]], "o" if mount.writable else "s", color=colour, markersize=6, clip_on=False
            )
        axes.set_xlim(_LEFT - 0.15, _RIGHT + _BOX + 0.15)
        axes.set_ylim(height + 0.1, -0.3)
    return Picture(figure, _alt(found))


def _rows(found: MountMap) -> dict[tuple[str, str], float]:
    """(container, path) → its height; (container, "") is the container's heading."""
    rows: dict[tuple[str, str], float] = {}
    y = 0.0
    for name in found.containers:
        rows[name, ""] = y
        for mount in found.mounts:
            if mount.container == name:
                y += 0.85
                rows[name, mount.target] = y
        y += 1.5
    return rows


def _key(mount: Mount) -> tuple[Kind, str]:
    """What two mounts have in common if they show the same files; memory is nobody else's."""
    alone = mount.kind == "tmpfs" or not mount.source
    return mount.kind, f"{mount.container}:{mount.target}" if alone else mount.source


def _sources(mounts: Iterable[Mount]) -> list[tuple[Kind, str]]:
    return list(dict.fromkeys(map(_key, mounts)))


def _draw_source(axes: Any, key: tuple[Kind, str], y: float) -> None:
    kind, name = key
    colour, _ = _LINE[kind]
    axes.add_patch(
        FancyBboxPatch((_LEFT + 0.08, y + 0.08), _WIDE - 0.16, 0.84, "round,pad=0.06",
                       facecolor="white", edgecolor=colour, linewidth=1.8)
    )  # fmt: skip
    named = kind in ("volume", "bind")
    axes.text(_LEFT + 0.2, y + (0.32 if named else 0.5), name if named else _WORDS[kind], va="center",
              weight="bold" if named else "normal")  # fmt: skip
    if named:
        axes.text(_LEFT + 0.2, y + 0.72, _WORDS[kind], va="center", size=8.5, color=FAINT)


def _draw_container(axes: Any, found: MountMap, name: str, rows: dict[tuple[str, str], float]) -> None:
    top = rows[name, ""]
    mine = [mount for mount in found.mounts if mount.container == name]
    axes.add_patch(
        FancyBboxPatch((_RIGHT + 0.08, top - 0.1), _BOX - 0.16, 0.85 * len(mine) + 0.8, "round,pad=0.06",
                       facecolor="#f4f6f8", edgecolor=INK, linewidth=1.2)
    )  # fmt: skip
    user = found.runs_as[name]
    axes.text(_RIGHT + 0.2, top + 0.25, name, va="center", weight="bold")
    runs = f"runs as user {user}" if user else "not running"
    axes.text(_RIGHT + _BOX - 0.2, top + 0.25, runs, va="center", ha="right", size=8.5, color=FAINT)
    for mount in mine:
        y = rows[name, mount.target] + 0.35
        axes.text(_RIGHT + 0.3, y, mount.target, va="center", family="DejaVu Sans Mono", size=9.5)
        owned = f"{mount.owner} {mount.mode}" if mount.owner else "not looked into"
        axes.text(_RIGHT + _BOX - 0.2, y, f"{owned}  {'rw' if mount.writable else 'ro'}", va="center",
                  ha="right", size=9)  # fmt: skip


def _alt(found: MountMap) -> str:
    words = []
    for name in found.containers:
        mine = [_told(mount) for mount in found.mounts if mount.container == name]
        words.append(f"{name}: {'; '.join(mine) or 'nothing is mounted'}.")
    return "Map of what is mounted where. " + " ".join(words)


def _told(mount: Mount) -> str:
    what = _WORDS[mount.kind] + (f" {mount.source}" if mount.kind in ("volume", "bind") else "")
    # A folder of the machine has the numbers that it has there: another reader's are others.
    owned = f", owner {mount.owner}, mode {mount.mode}" if mount.owner and mount.kind != "bind" else ""
    return f"{mount.target} is {what}{owned}{'' if mount.writable else ', read-only'}"

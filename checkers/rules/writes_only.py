"""Of all that an image adds, its user can write to the folders that it must write to, and to nothing else.

Read off the owners and modes in the layers, as the kernel would: a program that is broken into can't change
the code that runs at the next start. What the base image lets everybody write to (/tmp) is left out.
"""

from __future__ import annotations

import stat

from checkers.attempt import Attempt
from checkers.processes import Process, processes
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.shorten import short_path
from course.archive import read_image
from course.layers import Entry

_MANY = 8  # paths that a report shows


def writes_only(base: str, *folders: str) -> Rule:
    """No file or folder that a layer above `base` brings, and that a container sees, can be written to by the
    app's user, but for `folders` and what lies in them. Links have no mode of their own."""

    def check(attempt: Attempt) -> Outcome:
        running = web.start(attempt)
        found = processes(attempt, running)
        if not found:
            return web.gone(running, running.ending())
        text = attempt.text("Dockerfile") or ""
        image = read_image(attempt.client, attempt.build().tag, dockerfile=text)
        below = set(attempt.client.images.get(base).attrs["RootFS"]["Layers"])
        open_ones = [
            (layer, entry)
            for layer in image.layers
            if layer.diff_id not in below
            for entry in layer.entries
            if entry.kind in ("file", "dir")
            and not _below(entry.path, folders)
            and (node := image.tree.get(entry.path))
            and node.layer == layer.index
            and writable(entry, found[0])
            and not entry.mode & stat.S_ISVTX  # /tmp, which a RUN touches
        ]
        if not open_ones:
            return passed(
                f"Of what the image adds, user {found[0].uids[1]} can write to {_named(folders)} only."
            )
        layer, entry = open_ones[0]
        whose = "its own" if entry.uid == found[0].uids[1] else f"user {entry.uid}'s, mode {entry.mode:o}"
        return wrong(
            f"The app, user {found[0].uids[1]}, can write to {short_path('/' + entry.path)}"
            + (f" and {len(open_ones) - 1} more" if len(open_ones) > 1 else "")
            + f": it is {whose}.",
            "Who breaks into the app can change what it runs the next time. Code belongs to another user, "
            "such as root, and is read by the app: leave out --chown and chmod for it.",
            line=layer.line,
            evidence="\n".join(
                f"/{short_path(one.path)}  {stat.filemode(_KINDS[one.kind] | one.mode)}  user {one.uid}, "
                f"group {one.gid}, by {where.instruction[:40]}"
                for where, one in open_ones[:_MANY]
            ),
        )

    title = f"It can write to {_named(folders)}, and to nothing else"
    return Rule("writes-only", title, check, needs=("builds", "answers", "not-root"))


def writable(entry: Entry, process: Process) -> bool:
    """Whether the kernel lets a process that isn't root write there: the first of owner, group and others
    that fits decides, and an owner can give himself the right at any time."""
    if entry.uid == process.uids[1]:
        return True
    if entry.gid in (process.gids[1], *process.groups):
        return bool(entry.mode & stat.S_IWGRP)
    return bool(entry.mode & stat.S_IWOTH)


_KINDS = {"file": stat.S_IFREG, "dir": stat.S_IFDIR}


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(f"/{path}/".startswith(f"{folder.rstrip('/')}/") for folder in folders)


def _named(folders: tuple[str, ...]) -> str:
    return " and ".join(folders)

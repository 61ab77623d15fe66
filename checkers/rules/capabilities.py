"""What a container's first process may do beyond a plain user, and which programs of the image lend root.

The kernel says both: /proc names the capabilities of a live process, and a file's mode has the set-user-id
bit, whichever instruction or archive brought it.
"""

from __future__ import annotations

import stat
from collections.abc import Callable

from checkers.attempt import Attempt
from checkers.processes import processes
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running
from checkers.shorten import short_path
from course.archive import read_image

_MANY = 8  # files that a report shows


def capabilities(
    allowed: tuple[str, ...] = (),
    start: Callable[[Attempt], Running] = web.start,
    *,
    needs: tuple[str, ...] = ("builds", "answers"),
) -> Rule:
    """No process of the container has a capability beyond `allowed` ("NET_BIND_SERVICE"), in use or ready to
    be taken up."""

    def check(attempt: Attempt) -> Outcome:
        running = start(attempt)
        found = processes(attempt, running)
        if not found:
            return web.gone(running, running.ending())
        over = {one: [name for name in one.capabilities if name not in allowed] for one in found}
        worst = max(found, key=lambda one: len(over[one]))
        if not over[worst]:
            return passed(f"Its capabilities: {', '.join(found[0].capabilities) or 'none'}.")
        return wrong(
            f"The container's {worst} has {len(over[worst])} capabilities"
            + (" that it doesn't need." if allowed else "."),
            "Capabilities are root's power in parts. A process of a plain user has none; root has those that "
            "the container is started with, fewer with --cap-drop.",
            evidence=", ".join(over[worst]),
        )

    return Rule("capabilities", "No capabilities that it doesn't need", check, needs=needs)


def no_setuid(base: str) -> Rule:
    """No layer above `base` brings a program that runs as its owner or group, whoever starts it
    (set-user-id). Those of the base are named in a pass, since a reader will want to know."""

    def check(attempt: Attempt) -> Outcome:
        image = read_image(attempt.client, attempt.build().tag, dockerfile=_text(attempt))
        below = attempt.client.images.get(base).attrs["RootFS"]["Layers"]
        mine = [layer.diff_id for layer in image.layers]
        first = len(below) if mine[: len(below)] == below else 0
        found = [
            (layer, entry)
            for layer in image.layers
            for entry in layer.entries
            if entry.kind == "file" and entry.mode & (stat.S_ISUID | stat.S_ISGID)
        ]
        own = [(layer, entry) for layer, entry in found if layer.index >= first]
        shown = "\n".join(
            f"/{short_path(entry.path)}  {stat.filemode(stat.S_IFREG | entry.mode)}  "
            + (f"by {layer.instruction[:40]}" if layer.index >= first else f"of {base}")
            for layer, entry in (own or found)[:_MANY]
        )
        if not own:
            return passed(f"No set-user-id program beyond the {len(found)} of {base}.", evidence=shown)
        return wrong(
            f"The image brings {len(own)} set-user-id program{'s' * (len(own) > 1)} of its own.",
            "Such a program runs as its owner, whoever starts it: a way back to root. chmod a-s, or leave it "
            "out.",
            line=own[0][0].line,
            evidence=shown,
        )

    return Rule("no-setuid", "No program that lends its owner's power", check, needs=("builds",))


def _text(attempt: Attempt) -> str:
    return (attempt.folder / "Dockerfile").read_text(encoding="utf-8-sig", errors="replace")

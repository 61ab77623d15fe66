"""The image serves as it would be run in earnest: nothing of its own files can be written, root's powers are
taken away, and no program can win new ones."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from docker.errors import APIError

from checkers import http
from checkers.attempt import Attempt
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running
from course.dockerfile import parse

_MANY = 8  # paths that a report shows
_TMPFS = "size=16m,mode=1777"


def read_only(
    port: int, path: Callable[[str], str], expected: Callable[[str], str], *, tmpfs: tuple[str, ...] = ()
) -> Rule:
    """Starts the image with --read-only, --cap-drop ALL and no-new-privileges, with a tmpfs at the paths of
    `tmpfs` alone, and asks as `web.answers` does. It needs that rule: without the restrictions the app works.
    """

    def check(attempt: Attempt) -> Outcome:
        running = start(attempt, tmpfs)
        nonce = uuid.uuid4().hex[:8]
        answer = http.wait_for_answer(attempt, running, web.url(running, port, path(nonce)))
        if answer.status == 200 and expected(nonce) in answer.body:
            if ending := running.ending():
                return web.gone(running, ending)
            return passed("It answers with a read-only root, no capabilities and no new privileges.")
        return _stuck(attempt, running, answer, tmpfs)

    return Rule(
        "read-only", "It runs read-only, without root's powers", check, needs=("builds", "answers")
    )  # fmt: skip


def no_volumes(tmpfs: tuple[str, ...] = ()) -> Rule:
    """The container that is so restricted has no volume: one that the image declares is made at each start,
    can be written to, and is no part of the read-only root."""

    def check(attempt: Attempt) -> Outcome:
        running = start(attempt, tmpfs)
        running.container.reload()
        mounts = running.container.attrs.get("Mounts") or ()
        found = [str(one["Destination"]) for one in mounts if one.get("Type") == "volume"]
        if not found:
            return passed("Nothing but the tmpfs can be written to.")
        lines = [one.line for one in parse(attempt.text("Dockerfile") or "") if one.keyword == "VOLUME"]
        return wrong(
            f"The image declares a volume at {', '.join(found)}: writable, read-only root or not.",
            "VOLUME makes a new volume at each start, which outlives the container. What the app writes for "
            f"its own use goes below {' or '.join(tmpfs)}, and VOLUME isn't needed.",
            line=lines[-1] if lines else None,
        )

    return Rule("no-volumes", "No volume behind the read-only root", check, needs=("builds", "read-only"))


def start(attempt: Attempt, tmpfs: tuple[str, ...] = ()) -> Running:
    """The attempt's one container that is so restricted."""
    options: dict[str, Any] = {
        "read_only": True,
        "cap_drop": ["ALL"],
        "tmpfs": dict.fromkeys(tmpfs, _TMPFS),
    }
    return attempt.once("read-only", lambda: attempt.run(attempt.build().tag, **options))


def _stuck(attempt: Attempt, running: Running, answer: http.Answer, tmpfs: tuple[str, ...]) -> Outcome:
    """Says what the app does with its files where it may: there lies the reason most often."""
    writes = [one for one in written(web.start(attempt)) if not f"{one}/".startswith(_below(tmpfs))]
    ending = running.ending()
    said = f"{answer.status or 'nothing'}: {answer.error or answer.body.strip()}"
    how = f"it {ending}" if ending else f"it answers {said}"
    words = f"its last words:\n{running.logs() or '(none)'}"
    if writes:
        return wrong(
            f"With a read-only root, no capabilities and no new privileges {how[:200]}.",
            "Where it may, it writes to the paths of the evidence. "
            + (
                f"What must be written goes below {' or '.join(tmpfs)}, "
                if tmpfs
                else "None can be written, "
            )
            + "and what is known before is made at build time.",
            evidence="it writes to " + ", ".join(writes[:_MANY]) + f"\n{words}",
        )
    return wrong(
        f"With a read-only root, no capabilities and no new privileges {how[:200]}.",
        "Does it start as root and step down? That takes capabilities; USER takes none. A port below 1024, a "
        "change of owner and a set-user-id program take one, too.",
        evidence=words,
    )


def written(running: Running) -> list[str]:
    """The paths that a container has changed in its own files, a folder only where nothing in it is named."""
    try:
        found = sorted(str(one["Path"]) for one in running.container.diff() or ())
    except APIError:  # it may be gone, and nothing but an explanation is lost
        return []
    return [one for one in found if not any(other.startswith(f"{one}/") for other in found)]


def _below(folders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{one.rstrip('/')}/" for one in folders)

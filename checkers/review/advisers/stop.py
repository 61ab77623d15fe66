"""Whether `docker stop` reaches the app, or has to kill it."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen

_SHELLS = ("sh ", "/bin/sh", "bash", "/bin/bash", "ash ", "/bin/ash", "dash", "npm ", "yarn ", "/usr/bin/env")


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one."""
    stop = seen.ran.stop if seen.ran else None
    if not stop or not stop.killed or not seen.ran:
        return
    first = seen.ran.processes[0].command if seen.ran.processes else ""
    between = first.startswith(_SHELLS)
    yield Advice(
        "killed",
        "docker stop reaches the app",
        Severity.ADVICE,
        f"docker stop sent {stop.signal} to process 1"
        + (f", `{first[:80]}`" if first else "")
        + f", waited {stop.seconds:.0f} s and had to kill it. Requests that were under way are lost, at each "
        "deployment.",
        'Process 1 is not the app. Let the app take its place: the exec form, CMD ["…"], or exec.'
        if between
        else "Process 1 ignores every signal that it has no handler for. Handle SIGTERM, or start with "
        "docker run --init, Compose's init: true, or tini as ENTRYPOINT.",
        "\n".join(map(str, seen.ran.processes)),
        seen.last("CMD", "ENTRYPOINT", "STOPSIGNAL"),
        seen.dockerfile,
        misconception="M14",
    )

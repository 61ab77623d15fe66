"""Where the app listens: for others, or for itself alone; and whether EXPOSE says the same."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one."""
    heard = seen.ran.listeners if seen.ran else ()
    if not heard:
        return
    told = {
        int(port.partition("/")[0]) for port in seen.config.get("ExposedPorts") or () if "udp" not in port
    }
    where = ", ".join(sorted({str(one) for one in heard}))
    if all(one.local for one in heard):
        yield Advice(
            "listens-inside",
            "The app can be reached",
            Severity.SERIOUS,
            f"The app listens on {where} only: inside its container, and for nobody else. -p can't reach it.",
            "Let the app listen on 0.0.0.0.",
            line=seen.last("CMD", "ENTRYPOINT"),
            file=seen.dockerfile,
            misconception="M02",
        )
    elif told and not told & {one.port for one in heard}:
        yield Advice(
            "expose-wrong",
            "EXPOSE names the app's port",
            Severity.ADVICE,
            f"EXPOSE names {', '.join(map(str, sorted(told)))}, and the app listens on {where}.",
            "EXPOSE opens nothing; it is a note for readers and for docker run -P. Let it name the app's.",
            line=seen.last("EXPOSE"),
            file=seen.dockerfile,
            misconception="M01",
        )

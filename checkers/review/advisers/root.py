"""As whom the app runs: by the kernel's list of its processes, else by the image's setting."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen

_TITLE = "The app doesn't run as root"


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one."""
    found = seen.ran.processes if seen.ran else ()
    user = str(seen.config.get("User") or "")
    line = seen.last("USER") or seen.last("CMD", "ENTRYPOINT", "FROM")
    if not found:
        if seen.image is not None and user.partition(":")[0] in {"", "0", "root"}:
            yield _advice(
                seen, "The image's user is root, and nothing was seen to step down.", f"User: {user}", line
            )
        return
    roots = [one for one in found if one.is_root]
    if not roots:
        return
    seen_them = "\n".join(map(str, found))
    if len(roots) < len(found):
        other = next(one for one in found if not one.is_root)
        yield Advice(
            "root-beside",
            _TITLE,
            Severity.NOTE,
            f"Root is still there: {roots[0]}, beside {other}.",
            "Some servers need it to open port 80 or their logs. One that doesn't can start as its own user.",
            seen_them,
            line,
            seen.dockerfile,
        )
        return
    yield _advice(
        seen,
        "The app runs as root: root in the container, and on the host if it gets out.",
        seen_them,
        line,
    )


def _advice(seen: Seen, message: str, evidence: str, line: int | None) -> Advice:
    return Advice(
        "root",
        _TITLE,
        Severity.ADVICE,
        message,
        "USER with a number, such as 10001, behind the last step that needs root. It needs no account. What "
        "the app writes must belong to it: COPY --chown, or RUN chown in the step that makes it.",
        evidence,
        line,
        seen.dockerfile,
        lesson="03_dockerfiles.ipynb#A-trap:-USER-after-root's-files",
    )

"""A build that names its base by digest gives the same image after every tag has moved."""

from __future__ import annotations

import contextlib
import hashlib
import tarfile
import uuid
from typing import IO, Any, cast

from checkers import registry
from checkers.attempt import Attempt, Built
from checkers.registry import Registry
from checkers.registry.voice import tags
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.stream import Stream
from course.dockerfile import parse
from course.errors import BuildError

BEFORE, AFTER = "2.0.0", "2.1.0"
_CONFIG = ("Entrypoint", "Cmd", "Env", "WorkingDir", "User", "Volumes", "StopSignal")


def first_build(attempt: Attempt) -> Built:
    """The image built while the tags name the release that the task speaks of."""
    return attempt.build(buildargs={"REGISTRY": _registry(attempt).host})


def right_release() -> Rule:
    """The image stands on the release that the tag names today: it carries its files, and speaks like it."""

    def check(attempt: Attempt) -> Outcome:
        built = first_build(attempt)
        mark = _contents(attempt, built).get("/voice-release", ("",))[-1]
        if mark != hashlib.sha256(f"{BEFORE}\n".encode()).hexdigest():
            return wrong(
                f"The image does not build on release {BEFORE} of the voice.",
                f"Compare the digest with the line of {BEFORE} in releases.md."
                if mark
                else "FROM must still name lift/voice at ${REGISTRY}.",
                line=_line_of_from(attempt),
            )
        nonce = uuid.uuid4().hex[:8]
        running = attempt.run(built.tag, ["Floor", nonce])
        running.wait_exit(attempt.limits.run)
        said = running.logs()
        if said != f"Floor {nonce}":
            return wrong(
                f"`docker run IMAGE Floor {nonce}` printed {said[:200]!r}.",
                "The voice's own ENTRYPOINT must stay: CMD alone says the words.",
                misconception="M10",
            )
        return passed(f"The image builds on release {BEFORE}.")

    return Rule("release", f"It builds on release {BEFORE}", check, needs=("builds",))


def survives_moved_tags() -> Rule:
    """Moves every tag, builds again from nothing, and compares the two images, not the two Dockerfiles."""

    def check(attempt: Attempt) -> Outcome:
        before = _contents(attempt, first_build(attempt))
        served = _registry(attempt)
        served.move_tags()
        try:
            again = attempt.build(buildargs={"REGISTRY": served.host}, fresh="tags moved")
        except BuildError as error:
            return wrong(
                f"After the tags had moved, the build failed: {error}",
                "A digest is still served when its tag has moved on.",
                line=error.line,
                evidence=error.detail,
            )
        after = _contents(attempt, again)
        if before == after:
            return passed("All tags moved, the image stayed the same.")
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        return wrong(
            "The tags moved, and the same Dockerfile gave another image.",
            "A tag is a name that its owner can move, a version number too. Only a digest names the content: "
            "NAME@sha256:…",
            line=_line_of_from(attempt),
            evidence="changed: " + ", ".join(changed[:10]),
        )

    return Rule("survives-moved-tags", "A moved tag changes nothing", check, needs=("builds",))


def _registry(attempt: Attempt) -> Registry:
    return attempt.once("registry", lambda: registry.serve(attempt, tags(BEFORE), tags(AFTER)))


def _contents(attempt: Attempt, built: Built) -> dict[str, Any]:
    """Each file with the digest of its bytes, and what the config says. Times are not content."""
    config = attempt.client.images.get(built.tag).attrs["Config"]
    found: dict[str, Any] = {f"config {key}": config.get(key) for key in _CONFIG}
    container = attempt.create(built.tag, ["-"])
    with (
        contextlib.closing(Stream(iter(cast("Any", container.export())))) as stream,
        tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive,
    ):
        for entry in archive:
            file = archive.extractfile(entry) if entry.isreg() else None
            content = hashlib.sha256(file.read() if file else entry.linkname.encode()).hexdigest()
            found[f"/{entry.name}"] = (entry.type, entry.mode, entry.uid, entry.gid, content)
    return found


def _line_of_from(attempt: Attempt) -> int | None:
    """The line of the last FROM that names an image by way of an argument, to point at."""
    text = (attempt.folder / "Dockerfile").read_text(encoding="utf-8-sig", errors="replace")
    lines = [one.line for one in parse(text) if one.keyword == "FROM" and "$" in one.args]
    return lines[-1] if lines else None

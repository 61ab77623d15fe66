"""A build that names its base by digest gives the same image after every tag has moved."""

from __future__ import annotations

import contextlib
import hashlib
import posixpath
import tarfile
import uuid
from typing import IO, Any, cast

from checkers import registry
from checkers.attempt import Attempt, Built
from checkers.projects import lift
from checkers.registry import Registry
from checkers.registry.voice import programs, tags
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
    """The image stands on the release that the tag names today: it has its files, and starts its program."""

    def check(attempt: Attempt) -> Outcome:
        built = first_build(attempt)
        found = _first_contents(attempt)
        mark = _digest_of(found, "/voice-release")
        if mark != _digest(f"{BEFORE}\n".encode()):
            return wrong(
                f"The image does not build on release {BEFORE} of the voice.",
                f"Compare the digest with the line of {BEFORE} in releases.md."
                if mark
                else "FROM must still name lift/voice at ${REGISTRY}.",
                line=_line_of_from(attempt),
            )
        started = (found["config Entrypoint"] or found["config Cmd"] or [""])[0]
        if _digest_of(found, started) not in map(_digest, programs().values()):
            return wrong(
                f"The image starts {started or 'nothing'}, which is not the voice's program.",
                "A file that was copied from the voice is not the voice: FROM says what the image stands on, "
                "and its ENTRYPOINT comes with it.",
                line=_line_of_from(attempt),
            )
        nonce = uuid.uuid4().hex[:8]
        said = _said(attempt, built, ["Floor", nonce])
        if said != f"Floor {nonce}":
            return wrong(
                f"`docker run IMAGE Floor {nonce}` printed {said[:200]!r}.",
                "The voice's own ENTRYPOINT must stay: CMD alone says the words.",
                misconception="M10",
            )
        return passed(f"The image builds on release {BEFORE}.")

    return Rule("release", f"It builds on release {BEFORE}", check, needs=("builds",), apart=True)


def the_rest_stays() -> Rule:
    """What nobody asked to change is as the starter has it: the lift's floors, what it says by default."""

    def check(attempt: Attempt) -> Outcome:
        built = first_build(attempt)
        floors = _digest_of(_first_contents(attempt), f"/{lift.FLOORS}")
        if floors != _digest(lift.files(attempt.word)[lift.FLOORS]):
            return wrong(
                f"The image has another /{lift.FLOORS} than the folder."
                if floors
                else f"The image has no /{lift.FLOORS}.",
                "Pinning changes what the image stands on. The COPY below it stays as the starter has it.",
                expected=f"/{lift.FLOORS} in the image, as it is in the folder",
            )
        said, usual = _said(attempt, built, None), " ".join(lift.SAYS)
        if said != usual:
            return wrong(
                f"`docker run IMAGE`, without more words, printed {said[:200]!r}.",
                "CMD stays as the starter has it: a word each, in exec form.",
                expected=f"{usual!r}, as before",
            )
        return passed("Its floors and its words are as they were.")

    return Rule("rest-stays", "The rest is as it was", check, needs=("release",), apart=True)


def survives_moved_tags() -> Rule:
    """Moves every tag, builds again from nothing, and compares the two images, not the two Dockerfiles."""

    def check(attempt: Attempt) -> Outcome:
        before = _first_contents(attempt)
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


def _said(attempt: Attempt, built: Built, words: list[str] | None) -> str:
    running = attempt.run(built.tag, words)
    running.wait_exit(attempt.limits.run)
    return running.logs()


def _first_contents(attempt: Attempt) -> dict[str, Any]:
    return attempt.once("contents", lambda: _contents(attempt, first_build(attempt)))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of(contents: dict[str, Any], path: str) -> str:
    """The digest of a file's bytes; "" where there is no such file."""
    return str(contents.get(posixpath.normpath(path), ("",))[-1])


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
            content = _digest(file.read() if file else entry.linkname.encode())
            found[f"/{entry.name}"] = (entry.type, entry.mode, entry.uid, entry.gid, content)
    return found


def _line_of_from(attempt: Attempt) -> int | None:
    """The line of the last FROM that names an image by way of an argument, to point at."""
    text = (attempt.folder / "Dockerfile").read_text(encoding="utf-8-sig", errors="replace")
    lines = [one.line for one in parse(text) if one.keyword == "FROM" and "$" in one.args]
    return lines[-1] if lines else None

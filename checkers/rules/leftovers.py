"""Files that only the build needs are in no folder of the image. They are known by content, not by name."""

from __future__ import annotations

import contextlib
import hashlib
import tarfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, cast

from checkers.attempt import Attempt
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.shorten import short_path
from checkers.stream import Stream
from course.dockerfile import parse

_MANY = 12  # paths that a report shows


def without(what: str, wanted: Callable[[], Mapping[str, bytes]], hint: str) -> Rule:
    """No file of the image has one of the contents `wanted()` (what it is → its bytes) of the tool `what`."""

    def check(attempt: Attempt) -> Outcome:
        found = list(find(attempt, attempt.build().tag, wanted()))
        if not found:
            return passed(f"Nothing of {what} is in the image.")
        return wrong(
            f"The image holds {len(found)} file{'s' * (len(found) > 1)} of {what}.",
            hint,
            line=_last_stage(attempt),
            evidence="\n".join(f"/{short_path(path)}: {name}" for path, name in found[:_MANY]),
        )

    return Rule("leftovers", f"Nothing of {what} is in the image", check, needs=("builds",), apart=True)


def find(attempt: Attempt, image: str, wanted: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """The regular files of an image, as a container sees them, whose content is wanted: path, what it is."""
    sizes = {len(content) for content in wanted.values()}
    names = {hashlib.sha256(content).digest(): name for name, content in wanted.items()}
    for path, size, file in opened(attempt, image):
        if size in sizes and (name := names.get(hashlib.sha256(file.read()).digest())):
            yield path, name


def opened(attempt: Attempt, image: str) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Each regular file of an image as a container sees it: path, size, content. Read it before the next."""
    container = attempt.create(image, ["-"])  # never started; an image without CMD needs some word
    with (
        contextlib.closing(Stream(iter(cast("Iterator[bytes]", container.export())))) as stream,
        tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive,
    ):
        for entry in archive:
            file = archive.extractfile(entry) if entry.isreg() else None
            if file:
                yield entry.name.removeprefix("./"), entry.size, file


def _last_stage(attempt: Attempt) -> int | None:
    """The line to point at: the last FROM, where what goes into the image begins."""
    text = attempt.text() or ""
    lines = [one.line for one in parse(text) if one.keyword == "FROM"]
    return lines[-1] if lines else None

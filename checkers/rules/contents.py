"""What is inside an image, file by file."""

from __future__ import annotations

import contextlib
import tarfile
from collections.abc import Iterator
from typing import IO, cast

from checkers.attempt import Attempt
from checkers.limits import size
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.stream import Stream

# What the engine itself puts into every container, empty (moby, daemon/initlayer).
_PLACEHOLDERS = {".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/resolv.conf", "etc/mtab"}
_ACCOUNTS = {"etc/passwd", "etc/group"}  # a user may have a name
_MANY = 1000  # enough to know that it is not a small image


def only_the_program() -> Rule:
    """The image holds exactly one file: the program. Folders and links have no content of their own."""

    def check(attempt: Attempt) -> Outcome:
        found: list[tarfile.TarInfo] = []
        for entry in files(attempt, attempt.build().tag):
            found.append(entry)
            if len(found) >= _MANY:
                break
        if len(found) == 1:
            return passed(f"The image holds /{found[0].name}, {size(found[0].size)}, and nothing else.")
        if not found:
            return wrong("The image is empty.", "COPY --from=STAGE brings a file from another stage.")
        names = [f"/{entry.name}" for entry in found]
        more = "more than " if len(found) >= _MANY else ""
        total = sum(entry.size for entry in found)
        return wrong(
            f"The image holds {more}{len(found):,} files, {size(total)}, and not the program alone.",
            "FROM of the last stage says what the image starts with; COPY what is added. `scratch` is empty.",
            evidence="\n".join(names[:12]) + ("\n…" if len(names) > 12 else ""),
        )

    return Rule(
        "contents", "The image holds the program and nothing else", check, needs=("builds",), apart=True
    )


def files(attempt: Attempt, image: str) -> Iterator[tarfile.TarInfo]:
    """The regular files of an image, as a container of it would see them."""
    container = attempt.create(image, ["-"])  # never started; an image without CMD needs some word
    with (
        contextlib.closing(Stream(iter(cast("Iterator[bytes]", container.export())))) as stream,
        tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive,
    ):
        for entry in archive:
            name = entry.name.removeprefix("./")
            if entry.isreg() and name not in _PLACEHOLDERS and name not in _ACCOUNTS:
                yield entry

"""Base images by a name that somebody else can move."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Base, Seen


def advise(seen: Seen) -> Iterator[Advice]:
    """One for bases without a version, one for those whose tag can move."""
    floating = [one for one in seen.bases if floats(one.name)]
    if floating:
        yield Advice(
            "base-latest",
            "Each base is named with a version",
            Severity.ADVICE,
            f"{_names(floating)}: whatever that is on the day of the build. The same Dockerfile gives "
            "another image next month.",
            "Name a version, such as python:3.13-slim.",
            _digests(floating),
            floating[0].line,
            seen.dockerfile,
            lesson="02_images.ipynb#Tags-move",
        )
    tagged = [one for one in seen.bases if one not in floating and "@" not in one.name and one.digest]
    if tagged:
        yield Advice(
            "base-digest",
            "Each base is named by its digest",
            Severity.NOTE,
            f"{_names(tagged)}: a tag that its owner moves, with every fix. Where a build must come out the "
            "same, name the digest, and let a bot renew it.",
            f"FROM {tagged[0].name}@{tagged[0].digest}",
            _digests(tagged),
            tagged[0].line,
            seen.dockerfile,
            lesson="02_images.ipynb#Digests-stay",
        )


def floats(name: str) -> bool:
    """Whether a reference names no version: no tag, or latest."""
    last = name.rpartition("/")[2]
    return "@" not in name and (":" not in last or last.endswith(":latest"))


def _names(bases: list[Base]) -> str:
    return ", ".join(one.name for one in bases)


def _digests(bases: list[Base]) -> str:
    return "\n".join(f"today {one.name} is {one.digest}" for one in bases if one.digest)

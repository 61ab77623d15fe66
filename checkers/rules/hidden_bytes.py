"""What a later layer hides is still in the image. It is measured in the layers' tars, file by file."""

from __future__ import annotations

from collections import Counter

import docker

from checkers.attempt import Attempt
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.rules.over_base import megabytes
from checkers.shorten import short_path
from course.layers import Hidden, Image, Layer

_MANY = 6  # files that a report shows
_DID = {
    "deleted": "deletes",
    "rewritten": "brings again, changed",
    "opaque": "deletes with their folder",
    "replaced": "puts something else in the place of",
}
_AGAIN = "changes the owner, mode or time of, which brings a copy of"


def hidden_bytes(base: str, limit: int) -> Rule:
    """The layers above `base` hide at most `limit` bytes, of their own and of the base's. What the base hides
    itself is not the learner's."""

    def check(attempt: Attempt) -> Outcome:
        image = attempt.layers()
        return judge(image, layers_of(attempt.client, base, image), limit)

    return Rule("hidden", f"The layers hide at most {megabytes(limit)}", check, needs=("builds",), apart=True)


def judge(image: Image, below: int, limit: int) -> Outcome:
    """Whether the layers above the first `below` hide more than `limit` bytes, and by what."""
    own = [item for item in image.hidden if item.hidden_by >= below]
    total = sum(item.size for item in own)
    if total <= limit:
        return passed(f"The layers hide {megabytes(total)}.")
    by = Counter[int]()
    for item in own:
        by[item.hidden_by] += item.size
    worst = image.layers[by.most_common(1)[0][0]]
    cause = _cause([item for item in own if item.hidden_by == worst.index])
    return wrong(
        f"The image hides {megabytes(total)}: a later layer {cause} what an earlier one holds, and both "
        "are sent.",
        "Let the files never get into a layer: make, use and remove them in one RUN, or in a stage; "
        "COPY takes --chown and --chmod.",
        misconception="M06",
        line=worst.line,
        evidence="\n".join(_shown(image, item) for item in _largest(own)),
    )


def layers_of(client: docker.DockerClient, base: str, image: Image) -> int:
    """How many of the image's layers are the base's; 0 if it stands on another."""
    below = client.images.get(base).attrs["RootFS"]["Layers"]
    mine = [layer.diff_id for layer in image.layers]
    return len(below) if mine[: len(below)] == below else 0


def _cause(items: list[Hidden]) -> str:
    largest = max(items, key=lambda item: item.size)
    return _AGAIN if largest.same_content else _DID[largest.cause]


def _largest(items: list[Hidden]) -> list[Hidden]:
    return sorted(items, key=lambda item: item.size, reverse=True)[:_MANY]


def _shown(image: Image, item: Hidden) -> str:
    brought, hid = image.layers[item.layer], image.layers[item.hidden_by]
    return (
        f"/{short_path(item.path)}  {megabytes(item.size)}  from {_place(brought)}, hidden by {_place(hid)}"
    )


def _place(layer: Layer) -> str:
    return f"line {layer.line}" if layer.line else layer.instruction[:40] or "a layer of the base"

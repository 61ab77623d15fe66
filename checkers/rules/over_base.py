"""How much larger an image is than its base, all layers counted: also what a later one deletes is sent."""

from __future__ import annotations

from typing import Any

from checkers.attempt import Attempt
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.rules.leftovers import opened

MB = 1_000_000


def over_base(base: str, limit: int, hint: str) -> Rule:
    """All layers of the image together have at most `limit` bytes more than those of `base`. An image on
    another base is measured against the same one: a smaller base leaves it more room."""

    def check(attempt: Attempt) -> Outcome:
        tag = attempt.build().tag
        more = layers(attempt, tag) - layers(attempt, base)
        if more <= limit:
            return passed(f"The image is {megabytes(max(more, 0))} larger than {base}.")
        seen = visible(attempt, tag) - visible(attempt, base)
        largest = "\n".join(_largest(attempt, tag, base))
        if seen <= limit:
            return wrong(
                f"The image's layers are {megabytes(more)} larger than {base}, and a container sees "
                f"{megabytes(max(seen, 0))} of it.",
                "A layer is never changed again: what a later one deletes or moves is hidden, not gone. "
                "Leave it in a stage that isn't kept.",
                misconception="M06",
                evidence=largest,
            )
        return wrong(
            f"The image is {megabytes(more)} larger than {base}; {megabytes(limit)} are enough.",
            hint,
            evidence=largest,
        )

    return Rule("size", f"At most {megabytes(limit)} more than {base}", check, needs=("builds",), apart=True)


def layers(attempt: Attempt, image: str) -> int:
    """The bytes of all layers, as the engine's history tells them."""
    return sum(int(step["Size"]) for step in _history(attempt, image))


def visible(attempt: Attempt, image: str) -> int:
    """The bytes of the files that a container sees."""
    return sum(size for _, size, _ in opened(attempt, image))


def megabytes(count: int) -> str:
    """For a reader: 200 kB, 1 MB, 7.3 MB."""
    if 0 < count < MB:
        return f"{count / 1000:.0f} kB"
    return f"{count / MB:.1f}".removesuffix(".0") + " MB"


def _history(attempt: Attempt, image: str) -> list[dict[str, Any]]:
    """The newest step first."""
    return list(attempt.client.api.history(image))  # type: ignore[no-untyped-call]


def _largest(attempt: Attempt, image: str, base: str) -> list[str]:
    """The image's own steps, the largest first."""
    history = _history(attempt, image)
    own = history[: max(len(history) - len(_history(attempt, base)), 1)]
    steps = sorted(own, key=lambda step: int(step["Size"]), reverse=True)[:4]
    return [f"{megabytes(int(step['Size'])):<8}  {str(step['CreatedBy'])[:80]}" for step in steps]

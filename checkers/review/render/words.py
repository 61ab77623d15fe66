"""What both forms of a review say in the same words."""

from __future__ import annotations

from checkers.review.advice import Review, Severity
from course.amounts import size

# A sign beside each colour: nothing is told by colour alone.
SIGN = {Severity.SERIOUS: "✗", Severity.ADVICE: "!", Severity.NOTE: "·", Severity.HINT: "?"}
MANY = {
    Severity.SERIOUS: "serious",
    Severity.ADVICE: "advice",
    Severity.NOTE: "notes",
    Severity.HINT: "hints of linters",
}
_ONE = {Severity.NOTE: "note", Severity.HINT: "hint of a linter"}
SECRETS = (
    "Secrets are looked for by the names of files and variables, the prefixes of some services' tokens, and "
    "in settings by randomness: that none was found proves nothing."
)


def headline(found: Review) -> str:
    """How much advice there is: "1 serious, 3 advice, 2 notes"."""
    counts = [
        f"{len(some)} {_ONE.get(one, MANY[one]) if len(some) == 1 else MANY[one]}"
        for one in Severity
        if (some := found.of(one))
    ]
    return ", ".join(counts) or "no advice"


def facts(found: Review) -> list[str]:
    """The image in numbers."""
    if found.image_bytes is None:
        return []
    own, count = found.image_bytes - found.base_bytes, len(found.rows)
    return [
        f"The image holds {size(found.image_bytes)}: {size(found.base_bytes)} of its base, {size(own)} in "
        f"{count} layer{'s' * (count != 1)} of its own, of which {size(found.hidden_bytes)} are hidden."
    ]


def story(found: Review) -> str:
    """What the rebuild did, where no advice has told it already."""
    return "" if any(one.evidence == found.story for one in found.advice) else found.story


def small(found: Review) -> list[str]:
    """What a reader should know of how it was done, and what wasn't."""
    did = [found.limits, SECRETS] if found.dockerfile else []
    return [*(f"Not looked at. {one}" for one in found.unseen), *filter(None, did)]

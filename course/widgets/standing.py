"""How far a learner is, as a table for a page and as text."""

from __future__ import annotations

from html import escape

from course.amounts import duration
from course.standing import SIGNS, Reached, Standing, Tried
from course.widgets.html import Html

_NOTHING = "Nothing is recorded yet. Answer a prediction or check an exercise, and run this cell again."
_CELL = 'style="text-align:left;vertical-align:top"'
_HEADS = ("Chapter", "Predictions", "Exercises", "Time")


def progress_table(now: Standing) -> Html:
    """A row a chapter. A sentence while nothing is recorded: the saved lesson then stays the same for all."""
    if not now.begun:
        return Html(f"<p>{_NOTHING}</p>", _NOTHING)
    heads = "".join(f'<th scope="col" {_CELL}>{name}</th>' for name in _HEADS)
    body = "".join(_row(one) for one in now.reached)
    caption = '<caption style="text-align:left;font-weight:bold">How far you are</caption>'
    following = f"Go on with {now.next.exercise.id}." if now.next else "All exercises have passed."
    page = f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table><p>{following}</p>"
    return Html(page, "\n".join(["How far you are", *(_lines(one) for one in now.reached), following]))


def _row(one: Reached) -> str:
    cells = (one.predicted.words, "<br>".join(map(escape, _exercises(one))), duration(one.seconds))
    data = "".join(f"<td {_CELL}>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row" {_CELL}>{escape(_name(one))}</th>{data}</tr>'


def _lines(one: Reached) -> str:
    predictions = f"predictions: {one.predicted.words}" if one.predicted.answered else ""
    words = [predictions, *_exercises(one), duration(one.seconds)]
    return "\n".join([f"  {_name(one)}", *(f"    {line}" for line in words if line)])


def _name(one: Reached) -> str:
    return f"{one.chapter.id} {one.chapter.title}"


def _exercises(one: Reached) -> list[str]:
    """A line for each that was begun, and one for those that were not."""
    begun = [each for each in one.tried if each.how != "new" or each.known.hints]
    rest = [each.exercise.id for each in one.tried if each not in begun]
    lines = [_exercise(each) for each in begun]
    return [*lines, f"{'not begun: ' if begun else ''}{', '.join(rest)}"] if rest else lines


def _exercise(each: Tried) -> str:
    known = each.known
    counts = [_counted(known.attempts, "try", "tries"), _counted(known.hints, "hint", "hints")]
    sign = SIGNS[each.how].strip() or "…"
    return f"{sign} {each.exercise.id}: {', '.join([each.how, *filter(None, counts)])}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""

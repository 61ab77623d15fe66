"""Two builds, one above the other: what the second reused, what it ran again, and why."""

from __future__ import annotations

from matplotlib.figure import Figure

from course.plots._gantt import draw, legend, rows_of, span_of
from course.plots.picture import Picture
from course.plots.style import FAINT, styled
from course.trace import Build, CacheStory, compare

_WIDTH = 11.5  # inches
_ROW = 0.3  # inches a step


def cache_story(story: CacheStory | Build, after: Build | None = None) -> Picture:
    """Both builds of a story on one time axis; beside each step that ran again stands the reason.

    Takes `compare(before, after)`'s result, or the two builds. Raises ValueError when the story has no
    build before, or nothing has run.
    """
    if isinstance(story, Build):
        if after is None:
            raise ValueError("no second build to compare with")
        story = compare(story, after)
    if story.before is None:
        raise ValueError("no build before this one")
    before, now = rows_of(story.before), rows_of(story.after)
    if not before or not now:
        raise ValueError("no step of these builds has run")
    span = max(span_of(story.before), span_of(story.after))
    height = _ROW * (len(before) + len(now)) + 2.3
    with styled():
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[len(before), len(now)])
        for axes in (top, bottom):
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
        top.set_title(f"Before: {story.before.seconds:.1f} s")
        draw(top, story.before, before, span)
        bottom.set_title(f"After: {story.after.seconds:.1f} s")
        draw(bottom, story.after, now, span, {one.name: one for one in story.steps})
        bottom.set_xlabel("seconds", color=FAINT)
        legend(figure, {row.vertex.state for row in [*before, *now]})
    return Picture(figure, _alt(story))


def _alt(story: CacheStory) -> str:
    words = (
        "Two charts of bars over time, the build before above, the build after below. "
        f"Of its {len(story.steps)} steps, {len(story.reused)} were reused."
    )
    causes = [
        f"line {one.line}: {one.reason.text}" if one.line else f"{one.instruction}: {one.reason.text}"
        for one in story.causes
        if one.reason.text
    ]
    return f"{words} Ran again on its own account: {'; '.join(causes)}." if causes else words

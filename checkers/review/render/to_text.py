"""`Review` → text, for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from checkers.render.to_text import grid, plain, quoted
from checkers.render.words import place, section
from checkers.review.advice import Advice, Review, Severity
from checkers.review.render.words import MANY, SIGN, facts, headline, small, story

_STYLE = {Severity.SERIOUS: "red", Severity.ADVICE: "yellow", Severity.NOTE: "cyan", Severity.HINT: "dim"}


def rich(found: Review) -> RenderableType:
    """For a rich console."""
    parts: list[RenderableType] = []
    for severity in Severity:
        if some := found.of(severity):
            parts += [Text(MANY[severity].capitalize(), f"bold {_STYLE[severity]}"), ""]
            brief = severity is Severity.HINT
            parts += [_brief(one) for one in some] if brief else [one for a in some for one in (_full(a), "")]
            parts += [""] * brief
    if told := story(found):
        parts += [Text(f"After an edit of {found.edited}", "bold"), Text(told), ""]
    parts += [Text(one) for one in facts(found)]
    parts += [Text(one, "dim") for one in small(found)]
    end = f"{found.folder}: {headline(found)}" + ("" if found.done else "; not looked at to the end")
    parts.append(Text.assemble((end, "bold"), (f"  {found.seconds:.1f} s", "dim")))
    return Group(*parts)


def text(found: Review, *, width: int = 100) -> str:
    """Plain text, without colours."""
    return plain(rich(found), width=width)


def _full(one: Advice) -> RenderableType:
    told = [("seen", Text(one.message))]
    if place(one):
        code = f"\n{one.line} │ {one.code}" if one.code else ""
        told.append(("where", Text.assemble(place(one), (code, "dim"))))
    if one.evidence:
        told.append(("evidence", quoted(one.evidence)))
    if one.believed:
        told.append(("in truth", Text.assemble(one.believed.truth, (f"  {one.misconception}", "dim"))))
    told.append(("next", Text(one.next)))
    if one.taught:
        told.append(("see it", Text(section(one.taught))))
    title = Text.assemble((f"{SIGN[one.severity]} ", _STYLE[one.severity]), (one.title, "bold"))
    return Group(title, grid((" ", ""), told))


def _brief(one: Advice) -> RenderableType:
    where = f"{place(one)}: " if place(one) else ""
    return Text.assemble(f"{SIGN[one.severity]} {where}{one.message}", (f"  {one.title}  {one.next}", "dim"))

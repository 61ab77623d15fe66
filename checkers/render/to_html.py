"""`Report` → a fragment of HTML for a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape

from checkers.render.to_text import text
from checkers.render.words import SIGN, WORD, count, place, rest
from checkers.result import CheckResult, Report, Status
from course.markup import inline
from course.misconceptions import Misconception

# Each has a contrast of 4.3 or more on white and on JupyterLab's dark grey, #111.
_COLOUR = {Status.PASS: "#1f8a45", Status.FAIL: "#d1453b", Status.ERROR: "#a86b00", Status.SKIP: "#7a828a"}
_PRE = "white-space:pre-wrap;max-height:16em;overflow:auto;margin:0.2em 0 0.4em 0.9em"

Figure = Callable[[CheckResult], str]


def html(report: Report, figure: Figure = lambda check: "") -> str:
    """A fragment for a notebook: its own inline styles, no script, readable in light and dark.

    `figure` gives HTML that is put beneath the check that is told in full: a picture of its builds, drawn by
    somebody who can. Links to lessons are relative to the folder notebooks/.
    """
    colour = _COLOUR[report.status]
    told = rest(report)
    lines = "".join(_line(check, check in told) for check in report.checks)
    return (
        f'<div class="course-report" style="border-left:4px solid {colour};padding:0.4em 0.9em;">'
        f'<p style="margin:0 0 0.4em"><strong style="color:{colour}">{SIGN[report.status]} '
        f"{escape(report.exercise)}: {WORD[report.status]}</strong> "
        f'<span style="opacity:0.75">{count(report)}, {report.seconds:.1f} s</span></p>'
        f'<ul style="list-style:none;margin:0;padding:0">{lines}</ul>'
        f"{_in_full(report.first, figure) if report.first else ''}</div>"
    )


def mimebundle(report: Report) -> dict[str, str]:
    """What a notebook shows: HTML, and text where there is none."""
    return {"text/html": html(report), "text/plain": text(report)}


def _line(check: CheckResult, short: bool) -> str:
    skipped = check.status is Status.SKIP
    faint = ";opacity:0.75" if skipped else ""
    parts = [
        f'<li style="margin:0.15em 0{faint}"><span style="color:{_COLOUR[check.status]}">'
        f"{SIGN[check.status]} <strong>{WORD[check.status]}</strong></span> {inline(check.title)}"
    ]
    if place(check):
        parts.append(f" {_faint(place(check))}")
    if short:
        parts.append(f"{' ' if skipped else '<br>'}{inline(check.message)}")
    if short and check.hint and check.status is not Status.FAIL:
        parts.append(f" <em>{inline(check.hint)}</em>")
    return "".join(parts) + "</li>"


def _in_full(check: CheckResult, figure: Figure) -> str:
    wanted = f"<br>{inline(check.expected)}" if check.expected else ""
    parts = [
        f'<p style="margin:0.7em 0 0.2em"><strong style="color:{_COLOUR[check.status]}">'
        f"{SIGN[check.status]} expected</strong> <strong>{inline(check.title)}</strong>{wanted}</p>",
        _row("seen", inline(check.message)),
    ]
    if place(check):
        code = f"<br><code>{escape(check.code)}</code>" if check.code else ""
        parts.append(_row("where", escape(place(check)) + code))
    parts += [_quote(check.evidence, "evidence", "open"), figure(check)]
    parts.append(_quote(check.story, "the rebuild, step by step", ""))
    if known := check.believed:
        parts.append(_row("belief", f"“{inline(known.belief)}” {_faint(known.code)}"))
        parts.append(_row("in truth", f"{inline(known.truth)} {_link(known)}"))
    if check.hint:
        parts.append(_row("next", f"<em>{inline(check.hint)}</em>"))
    return "".join(parts)


def _row(label: str, words: str) -> str:
    return f'<p style="margin:0.2em 0 0.2em 0.9em"><strong>{label}</strong> {words}</p>'


def _faint(words: str) -> str:
    return f'<span style="opacity:0.75">{escape(words)}</span>'


def _quote(words: str, title: str, state: str) -> str:
    if not words:
        return ""
    return (
        f'<details {state} style="margin-left:0.9em"><summary style="cursor:pointer">{title}</summary>'
        f'<pre style="{_PRE}">{escape(words)}</pre></details>'
    )


def _link(known: Misconception) -> str:
    """To the lesson's heading; "" while no lesson shows it.

    In the output of a cell JupyterLab follows the relative link by itself. In a widget it doesn't look at
    links: there its command is named, with the path from the course's folder. Elsewhere it is a link like any
    other, in a new tab, so that nobody loses the page.
    """
    if not known.taught:
        return ""
    path, _, anchor = known.taught.partition("#")
    command = escape(json.dumps({"path": f"notebooks/{path}", "id": f"#{anchor}"}))
    return (
        f'<a style="color:inherit" href="{escape(known.taught)}" target="_blank" rel="noopener" '
        'data-commandlinker-command="rendermime:handle-local-link" '
        f'data-commandlinker-args="{command}">See it happen: {escape(known.heading)}</a>'
    )

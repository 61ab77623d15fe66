"""`Report` → text for a terminal (rich), HTML for a notebook, JSON. What learners wrote is escaped."""

from __future__ import annotations

import html as _html
import io
import json
from collections.abc import Callable

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from checkers.result import CheckResult, Report, Status

# A sign beside each colour: nothing is told by colour alone.
_SIGN = {Status.PASS: "✓", Status.FAIL: "✗", Status.ERROR: "!", Status.SKIP: "·"}
_STYLE = {Status.PASS: "green", Status.FAIL: "red", Status.ERROR: "yellow", Status.SKIP: "dim"}
_COLOUR = {Status.PASS: "#1a7f37", Status.FAIL: "#b3261e", Status.ERROR: "#8a5a00", Status.SKIP: "#6e7781"}
_WORD = {
    Status.PASS: "passed",
    Status.FAIL: "not yet",
    Status.ERROR: "could not be checked",
    Status.SKIP: "skipped",
}


def as_json(report: Report) -> str:
    """The report as the stable JSON form, one document."""
    return json.dumps(report.to_json(), indent=2, ensure_ascii=False)


def rich(report: Report) -> RenderableType:
    """For a rich console."""
    parts: list[RenderableType] = []
    for check in report.checks:
        parts.append(
            Text.assemble((f"{_SIGN[check.status]} ", _STYLE[check.status]), check.title, *_place(check))
        )
        if check.status is not Status.PASS:
            parts += [Padding(text, (0, 0, 0, 2), expand=False) for text in _details(check)]
    verdict = f"{_SIGN[report.status]} {report.exercise}: {_WORD[report.status]}"
    count = f"  {_count(report)}, {report.seconds:.1f} s"
    parts.append(Text.assemble((verdict, f"bold {_STYLE[report.status]}"), (count, "dim")))
    return Group(*parts)


def text(report: Report, *, width: int = 100) -> str:
    """Plain text, without colours."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=width, color_system=None, highlight=False)
    console.print(rich(report))
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def html(report: Report, figure: Callable[[CheckResult], str] = lambda check: "") -> str:
    """A fragment for a notebook: its own inline styles, no script, readable in light and dark.

    `figure` gives HTML that is put beneath a check that did not pass: a picture of its builds, drawn by
    somebody who can.
    """
    rows = "".join(_row(check, figure) for check in report.checks)
    colour = _COLOUR[report.status]
    return (
        f'<div class="course-report" style="border-left:4px solid {colour};padding:0.4em 0.9em;">'
        f'<p style="margin:0 0 0.4em"><strong style="color:{colour}">{_SIGN[report.status]} '
        f"{_escape(report.exercise)}: {_WORD[report.status]}</strong> "
        f'<span style="opacity:0.75">{_count(report)}, {report.seconds:.1f} s</span></p>'
        f'<ul style="list-style:none;margin:0;padding:0">{rows}</ul></div>'
    )


def mimebundle(report: Report) -> dict[str, str]:
    """What a notebook shows: HTML, and text where there is none."""
    return {"text/html": html(report), "text/plain": text(report)}


def _row(check: CheckResult, figure: Callable[[CheckResult], str]) -> str:
    parts = [
        f'<li style="margin:0.25em 0"><span style="color:{_COLOUR[check.status]}">'
        f"{_SIGN[check.status]} <strong>{_WORD[check.status]}</strong></span> {_escape(check.title)}"
    ]
    if check.line:
        parts.append(f' <span style="opacity:0.75">line {check.line}</span>')
    if check.status is not Status.PASS:
        if check.message:
            parts.append(f"<br>{_escape(check.message)}")
        if check.hint:
            parts.append(f"<br><em>{_escape(check.hint)}</em>")
        if check.evidence:
            parts.append(
                '<details open><summary style="cursor:pointer">evidence</summary>'
                '<pre style="white-space:pre-wrap;max-height:16em;overflow:auto;margin:0.3em 0">'
                f"{_escape(check.evidence)}</pre></details>"
            )
        if check.story:
            parts.append(
                '<details><summary style="cursor:pointer">the rebuild, step by step</summary>'
                f'<pre style="white-space:pre-wrap;margin:0.3em 0">{_escape(check.story)}</pre></details>'
            )
        parts.append(figure(check))
    return "".join(parts) + "</li>"


def _details(check: CheckResult) -> list[Text]:
    parts = [Text(check.message)] if check.message else []
    for words in filter(None, (check.evidence, check.story)):
        parts.append(Text("\n".join(f"│ {line}" for line in words.splitlines()), "dim"))
    return parts + [Text.assemble(("next: ", "bold"), check.hint)] * bool(check.hint)  # fmt: skip


def _place(check: CheckResult) -> list[tuple[str, str]]:
    return [(f"  line {check.line}", "dim")] if check.line else []


def _count(report: Report) -> str:
    passed = sum(check.status is Status.PASS for check in report.checks)
    return f"{passed} of {len(report.checks)} checks passed"


def _escape(value: str) -> str:
    return _html.escape(value, quote=True)

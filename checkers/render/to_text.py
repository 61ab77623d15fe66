"""`Report` → text, for a terminal and for a notebook without HTML."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from checkers.render.words import SIGN, WORD, count, lesson, place, rest
from checkers.result import CheckResult, Report, Status

_STYLE = {Status.PASS: "green", Status.FAIL: "red", Status.ERROR: "yellow", Status.SKIP: "dim"}
_INDENT = (0, 0, 0, 2)


def rich(report: Report) -> RenderableType:
    """For a rich console."""
    told = rest(report)
    parts: list[RenderableType] = []
    for check in report.checks:
        parts.append(_line(check))
        if check in told:
            parts += _short(check)
    if first := report.first:
        parts += ["", _in_full(first)]
    if report.checks:
        parts.append("")
    verdict = f"{SIGN[report.status]} {report.exercise}: {WORD[report.status]}"
    numbers = f"  {count(report)}, {report.seconds:.1f} s"
    parts.append(Text.assemble((verdict, f"bold {_STYLE[report.status]}"), (numbers, "dim")))
    return Group(*parts)


def text(report: Report, *, width: int = 100) -> str:
    """Plain text, without colours."""
    return plain(rich(report), width=width)


def plain(what: RenderableType, *, width: int = 100) -> str:
    """Anything for a rich console as plain text."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=width, color_system=None, highlight=False)
    console.print(what)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def _line(check: CheckResult) -> Text:
    skipped = check.status is Status.SKIP
    title = (check.title, "dim" if skipped else "")
    more = f"  {check.message}" if skipped else f"  {place(check)}" if place(check) else ""
    return Text.assemble((f"{SIGN[check.status]} ", _STYLE[check.status]), title, (more, "dim"))


def _short(check: CheckResult) -> list[RenderableType]:
    """A check that is not the one to look at now. Where it is no fault of the answer, what to do about it."""
    words = [] if check.status is Status.SKIP else [Text(check.message)]
    if check.status is not Status.FAIL and check.hint:
        words.append(Text(check.hint, "dim"))
    return [Padding(one, _INDENT, expand=False) for one in words]


def _in_full(check: CheckResult) -> RenderableType:
    return grid((SIGN[check.status], _STYLE[check.status]), _told(check))


def grid(sign: tuple[str, str], told: Sequence[tuple[str, Text]]) -> RenderableType:
    """Labels and words, a row each; the sign, with its style, stands before the first."""
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(style="bold", no_wrap=True)
    rows.add_column(overflow="fold")
    for label, said in told:
        rows.add_row(Text.assemble(sign, f" {label}"), said)
        sign = (" ", "")
    return rows


def _told(check: CheckResult) -> list[tuple[str, Text]]:
    """Label and words of everything that is known of a check, in the order of reading."""
    wanted = (f"\n{check.expected}", "") if check.expected else ""
    told = [
        ("expected", Text.assemble((check.title, "bold"), wanted)),
        ("seen", Text(check.message)),
    ]
    if place(check):
        code = f"\n{check.line} │ {check.code}" if check.code else ""
        told.append(("where", Text.assemble(place(check), (code, "dim"))))
    told += [(label, quoted(words)) for label, words in _quotes(check) if words]
    if known := check.believed:
        told += [
            ("belief", Text.assemble(f"“{known.belief}”", (f"  {known.code}", "dim"))),
            ("in truth", Text(known.truth)),
        ]
        if known.taught:
            told.append(("see it", Text(lesson(known))))
    if check.hint:
        told.append(("next", Text(check.hint)))
    return told


def _quotes(check: CheckResult) -> list[tuple[str, str]]:
    return [("evidence", check.evidence), ("rebuild", check.story)]


def quoted(words: str) -> Text:
    """Somebody else's words, told by a bar."""
    return Text("\n".join(f"│ {line}" for line in words.split("\n")), "dim")

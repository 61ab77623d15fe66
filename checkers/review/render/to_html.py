"""`Review` → a page of HTML that needs nothing else: no script, no picture, nothing from the net."""

from __future__ import annotations

from html import escape
from pathlib import Path

from checkers.render.words import place, section
from checkers.review.advice import Advice, Review, Row, Severity
from checkers.review.render.words import MANY, SIGN, facts, headline, small, story
from course.amounts import size

_STYLE = Path(__file__).with_name("page.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LINKED = ("https://docs.docker.com/", "https://github.com/hadolint/", "https://github.com/koalaman/")


def page(found: Review) -> str:
    """The whole page. It forbids itself to load anything, so that a name in the project can't make it."""
    name = escape(found.folder)
    parts = [_section(found, severity) for severity in Severity]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>Review of {name}</title>\n<style>{_STYLE.read_text(encoding='utf-8')}</style></head>\n"
        "<body><main>"
        f'<h1>Review of {name}</h1><p class="sum">{escape(headline(found))}'
        f"{'' if found.done else '. It could not be looked at to the end.'}</p>"
        f"{''.join(f'<p>{escape(one)}</p>' for one in facts(found))}\n"
        f"{''.join(parts)}{_layers(found)}{_rebuild(found)}"
        f"<h2>How it was done</h2><ul>{''.join(f'<li>{escape(one)}</li>' for one in small(found))}"
        f"<li>{escape(_engine(found))}</li></ul></main></body></html>\n"
    )


def _section(found: Review, severity: Severity) -> str:
    some = found.of(severity)
    if not some:
        return ""
    title = f"<h2>{MANY[severity].capitalize()}</h2>"
    if severity is Severity.HINT:
        return f'{title}<ul class="hints">{"".join(map(_brief, some))}</ul>\n'
    return title + "".join(map(_full, some))


def _full(one: Advice) -> str:
    parts = [
        f'<article class="{one.severity}"><h3><span class="sign" aria-hidden="true">'
        f"{SIGN[one.severity]}</span> {escape(one.title)}</h3><p>{escape(one.message)}</p>"
    ]
    if place(one):
        code = f" <code>{escape(one.code)}</code>" if one.code else ""
        parts.append(f'<p class="where">{escape(place(one))}{code}</p>')
    if one.evidence:
        # A region that scrolls must be reachable by keyboard.
        parts.append(
            "<details open><summary>Evidence</summary>"
            f'<pre tabindex="0">{escape(one.evidence)}</pre></details>'
        )
    if one.believed:
        code_ = escape(one.misconception or "")
        parts.append(f"<p><strong>In truth</strong> {escape(one.believed.truth)} <small>{code_}</small></p>")
    parts.append(f"<p><strong>Next</strong> {escape(one.next)}</p>")
    if one.taught:
        parts.append(f'<p class="lesson">See it happen: {escape(section(one.taught))}</p>')
    return "".join(parts) + "</article>\n"


def _brief(one: Advice) -> str:
    where = f"<span>{escape(place(one))}</span> " if place(one) else ""
    link = escape(one.next)
    if one.next.startswith(_LINKED):
        rule = escape(one.next.rstrip("/").rpartition("/")[2])
        link = f'<a href="{link}" rel="noopener noreferrer">{rule}</a>'
    return f"<li>{where}{escape(one.message)} <small>{escape(one.title)}, {link}</small></li>"


def _layers(found: Review) -> str:
    if not found.rows:
        return ""
    most = max((row.bytes for row in found.rows), default=0) or 1
    return (
        "<h2>Layers of its own</h2>"
        '<div class="wide" tabindex="0" role="region" aria-label="Layers of its own"><table><thead><tr>'
        '<th scope="col">Line</th><th scope="col">Instruction</th><th scope="col">Holds</th>'
        '<th scope="col">Hidden</th><th scope="col"><span class="unseen">Bar</span></th></tr></thead>'
        f"<tbody>{''.join(_row(row, most) for row in found.rows)}</tbody></table></div>\n"
    )


def _row(row: Row, most: int) -> str:
    shown, hidden = (100 * part / most for part in (row.bytes - row.hidden, row.hidden))
    covered = size(row.hidden) if row.hidden else ""
    return (
        f'<tr><td class="number">{row.line or ""}</td><td><code>{escape(row.instruction[:120])}</code></td>'
        f'<td class="number">{size(row.bytes)}</td><td class="number">{covered}</td>'
        f'<td aria-hidden="true"><div class="bar"><i style="width:{shown:.1f}%"></i>'
        f'<b style="width:{hidden:.1f}%"></b></div></td></tr>'
    )


def _rebuild(found: Review) -> str:
    told = story(found)
    if not told:
        return ""
    return f'<h2>After an edit of {escape(found.edited)}</h2><pre tabindex="0">{escape(told)}</pre>\n'


def _engine(found: Review) -> str:
    version, store = found.engine.get("version", ""), found.engine.get("store", "")
    return f"Docker Engine {version}, image store {store}; {found.seconds:.0f} s in all."
